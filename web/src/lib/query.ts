import type { TransactionFilter, TransactionMark } from '../gql/graphql'
import { daysFrom, isDay, lastDay } from './dates'
import { decimalsOf, minorFromText } from './money'

/**
 * What can be typed into the search: words, amounts (`>50`, `<=20`, `10..50`, `=12,50`), days
 * (`2026`, `2026-03`, `2026-03-05`, `2025-11..2026-02`), `cat:` and `is:`. A minus before a term
 * turns it round. The server gets a filter and never this text.
 */
export type Language = {
  /** Categories by the name they are shown under. */
  categories: Readonly<Record<string, string>>
  /** Everyday words for several categories. */
  groups: Readonly<Record<string, readonly string[]>>
  /** The words before a colon, besides the English ones. */
  prefixes: Readonly<Record<string, 'cat' | 'is'>>
  /** The words after `is:`, besides the English ones. */
  marks: Readonly<Record<string, Marked>>
}

export type Marked = 'pending' | 'doubted' | 'withdrawn' | 'noted' | 'split' | 'own' | 'hidden' | 'in' | 'out'

export type Problem = { kind: 'category' | 'mark' | 'amount' | 'day' | 'quote' | 'many'; term: string }

export type Query = { filter: TransactionFilter; problems: Problem[] }

/** Amounts are compared in this currency's minor units. */
const currency = 'EUR'
const mostTerms = 16
const mostExcepted = 8

const englishPrefixes: Record<string, 'cat' | 'is'> = { cat: 'cat', category: 'cat', is: 'is' }
const englishMarks: Record<string, Marked> = {
  pending: 'pending',
  doubted: 'doubted',
  withdrawn: 'withdrawn',
  noted: 'noted',
  note: 'noted',
  split: 'split',
  own: 'own',
  mine: 'own',
  hidden: 'hidden',
  in: 'in',
  out: 'out',
}
const markFilters: Record<Marked, TransactionFilter> = {
  pending: { marks: ['PENDING'] },
  doubted: { marks: ['DOUBTED'] },
  withdrawn: { marks: ['WITHDRAWN'] },
  noted: { marks: ['NOTED'] },
  split: { marks: ['SPLIT'] },
  own: { marks: ['CHOSEN'] },
  hidden: { hidden: true },
  in: { direction: 'IN' },
  out: { direction: 'OUT' },
}

/** Lower case without the marks above letters, as the server compares. */
export function foldedText(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

type Term = { text: string; negated: boolean; quoted: boolean; open: boolean; prefix: string | null }

function termsOf(text: string): Term[] {
  const found = text.matchAll(/(-?)(?:(\p{L}+):)?(?:"([^"]*)("?)|(\S+))/gu)
  return [...found].map(([, minus, prefix, quoted, closing, plain]) => ({
    text: quoted ?? plain ?? '',
    negated: minus === '-',
    quoted: quoted !== undefined,
    open: quoted !== undefined && closing === '',
    prefix: prefix ? foldedText(prefix) : null,
  }))
}

type Read = TransactionFilter | Problem['kind']

function amounts(text: string): Read | null {
  const bound = /^(>=|<=|>|<|=)(.+)$/.exec(text)
  if (bound) {
    const minor = minorFromText(bound[2] ?? '', currency)
    if (minor === null) return isTime(bound[2] ?? '') ? 'day' : 'amount'
    const exact = BigInt(minor)
    if (bound[1] === '>') return { minimumMinor: (exact + 1n).toString() }
    if (bound[1] === '>=') return { minimumMinor: minor }
    if (bound[1] === '=') return { minimumMinor: minor, maximumMinor: minor }
    if (bound[1] === '<=') return { maximumMinor: minor }
    return exact === 0n ? 'amount' : { maximumMinor: (exact - 1n).toString() }
  }
  const exact = new RegExp(`^\\d{1,12}[.,]\\d{${decimalsOf(currency)}}$`).test(text)
  if (exact) return amounts(`=${text}`)
  const range = /^(\d[\d.,]*?)\.\.(\d[\d.,]*)$/.exec(text)
  if (!range || isTime(range[1] ?? '') || isTime(range[2] ?? '')) return null
  const [low, high] = [minorFromText(range[1] ?? '', currency), minorFromText(range[2] ?? '', currency)]
  return low === null || high === null ? 'amount' : { minimumMinor: low, maximumMinor: high }
}

function isTime(text: string): boolean {
  return /^(19|20)\d\d(-\d{1,2}){0,2}$/.test(text)
}

/** The first and last day of a year, a month or a day. */
function daysOf(text: string): [string, string] | null {
  if (/^\d{4}$/.test(text)) return [`${text}-01-01`, `${text}-12-31`]
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return [`${text}-01`, lastDay(text)]
  // A day that a month does not have would count as one of the next.
  return isDay(text) && daysFrom(text, 0) === text ? [text, text] : null
}

function times(text: string): Read | null {
  if (isTime(text)) {
    const days = daysOf(text)
    return days ? { from: days[0], to: days[1] } : 'day'
  }
  const range = /^([\d-]*)\.\.([\d-]*)$/.exec(text)
  const [low = '', high = ''] = range?.slice(1) ?? []
  if (!range || !(low || high) || [low, high].some((end) => end !== '' && !isTime(end))) return null
  const [first, last] = [low ? daysOf(low) : undefined, high ? daysOf(high) : undefined]
  if (first === null || last === null) return 'day'
  return { ...(first && { from: first[0] }), ...(last && { to: last[1] }) }
}

/** Categories whose name or identifier has a word that begins so, and those of an everyday word. */
export function categoriesNamed(text: string, language: Language): string[] {
  const wanted = foldedText(text).trim()
  if (!wanted) return []
  const groups = Object.entries(language.groups).filter(([word]) => foldedText(word) === wanted)
  const named = Object.entries(language.categories).filter(([id, name]) => {
    const words = `${id} ${id.replaceAll('_', ' ')} ${foldedText(name)}`
    return foldedText(name) === wanted || ` ${words}`.includes(` ${wanted}`)
  })
  return [...new Set([...groups.flatMap(([, ids]) => ids), ...named.map(([id]) => id)])]
}

function readTerm({ text, prefix, quoted }: Term, language: Language): Read {
  const kind = prefix ? (englishPrefixes[prefix] ?? language.prefixes[prefix]) : undefined
  if (kind === 'cat') {
    const categoryIds = categoriesNamed(text, language)
    return categoryIds.length > 0 ? { categoryIds } : 'category'
  }
  if (kind === 'is') {
    const mark = englishMarks[foldedText(text)] ?? language.marks[foldedText(text)]
    return mark ? markFilters[mark] : 'mark'
  }
  // A word with a colon that means nothing here is a word.
  if (prefix) return { search: `${prefix}:${text}` }
  if (quoted) return { search: text }
  return amounts(text) ?? times(text) ?? { search: text }
}

const later = (a: string, b: string) => (a.localeCompare(b) > 0 ? a : b)
const earlier = (a: string, b: string) => (a.localeCompare(b) < 0 ? a : b)
const larger = (a: string, b: string) => (BigInt(a) > BigInt(b) ? a : b)
const smaller = (a: string, b: string) => (BigInt(a) < BigInt(b) ? a : b)

function both<Value>(
  a: Value | null | undefined,
  b: Value | null | undefined,
  of: (a: Value, b: Value) => Value,
) {
  if (a === null || a === undefined) return b ?? undefined
  return b === null || b === undefined ? a : of(a, b)
}

/** What both filters let through; of categories and of excepted rows, what either names. */
export function narrowed(one: TransactionFilter, other: TransactionFilter): TransactionFilter {
  const joined = <Item>(a?: readonly Item[] | null, b?: readonly Item[] | null) =>
    both<readonly Item[]>(a, b, (a, b) => [...new Set([...a, ...b])]) as Item[] | undefined
  const all: TransactionFilter = {
    accountId: one.accountId ?? other.accountId,
    categoryId: one.categoryId ?? other.categoryId,
    categoryIds: joined(one.categoryIds, other.categoryIds),
    search: both(one.search, other.search, (a, b) => `${a} ${b}`),
    from: both(one.from, other.from, later),
    to: both(one.to, other.to, earlier),
    minimumMinor: both(one.minimumMinor, other.minimumMinor, larger),
    maximumMinor: both(one.maximumMinor, other.maximumMinor, smaller),
    direction: one.direction ?? other.direction,
    marks: joined<TransactionMark>(one.marks, other.marks),
    hidden: one.hidden ?? other.hidden,
    except: joined(one.except, other.except),
  }
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== null),
  ) as TransactionFilter
}

/** Reads what was typed. A term with a problem narrows nothing, and is told. */
export function parseQuery(text: string, language: Language): Query {
  const terms = termsOf(text)
  const problems: Problem[] = []
  let filter: TransactionFilter = {}
  let excepted = 0
  for (const [index, term] of terms.entries()) {
    const written = `${term.negated ? '-' : ''}${term.prefix ? `${term.prefix}:` : ''}${term.text}`
    if (index >= mostTerms) {
      problems.push({ kind: 'many', term: written })
      break
    }
    if (term.open) problems.push({ kind: 'quote', term: written })
    const read = readTerm(term, language)
    if (typeof read === 'string') problems.push({ kind: read, term: written })
    else if (read.search?.trim() === '') continue
    else if (!term.negated) filter = narrowed(filter, read)
    else if (excepted === mostExcepted) problems.push({ kind: 'many', term: written })
    else {
      excepted += 1
      filter = narrowed(filter, { except: [read] })
    }
  }
  return { filter, problems }
}
