import { expect, type Page } from '@playwright/test'

/** Fields of answers that name somebody, or are a person's own words. */
const naming = new Set([
  'counterparty',
  'counterpartyIdentifier',
  'text',
  'note',
  'label',
  'payee',
  'name',
  'owner',
  'identifier',
  'accountName',
  'email',
  'textHolds',
  'payeeIs',
])
/** The search explains itself with it. */
const explained = '12.50'
const shortestName = 3
/** The label of a notice about a balance is its currency. */
const currencies = new Set(['EUR', 'SEK'])

export type Private = { names: Set<string>; amounts: Set<string>; told: () => Promise<void> }

function gather(value: unknown, found: Private, names: boolean): void {
  if (Array.isArray(value)) {
    for (const each of value) gather(each, found, names)
    return
  }
  if (value === null || typeof value !== 'object') return
  const fields = value as Record<string, unknown>
  if (typeof fields.minor === 'string' && typeof fields.currency === 'string') {
    const size = fields.minor.replace('-', '')
    if (size.length >= 3) {
      const decimal = `${size.slice(0, -2)}.${size.slice(-2)}` as Intl.StringNumericLiteral
      const text = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 2 }).format(decimal)
      if (text !== explained) found.amounts.add(text)
    }
    return
  }
  for (const [key, each] of Object.entries(fields)) {
    const says = names && naming.has(key) && typeof each === 'string'
    if (says && each.length >= shortestName && !currencies.has(each)) found.names.add(each)
    // Which banks there are is no secret: only those of the person are.
    else gather(each, found, names && key !== 'banks')
  }
}

/** Remembers every name and amount that the server tells the page from here on. */
export function gatherPrivate(page: Page): Private {
  const pending: Promise<void>[] = []
  const found: Private = {
    names: new Set(),
    amounts: new Set(),
    told: async () => void (await Promise.all(pending.splice(0))),
  }
  page.on('response', (response) => {
    if (!/\/(graphql|import)$/.test(response.url())) return
    const read = response.json().then(
      (body: unknown) => gather(body, found, true),
      () => undefined,
    )
    pending.push(read)
  })
  return found
}

/** All a reader, a listener or a hand on the mouse can get at: texts, titles, labels, addresses, fields. */
export async function everythingIn(page: Page): Promise<string> {
  return page.evaluate(() => {
    const said = [document.title]
    const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
    // Each by itself: where two stand side by side, neither would be found.
    while (texts.nextNode()) said.push(texts.currentNode.nodeValue ?? '')
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        const chosenBy = element instanceof HTMLOptionElement && name === 'value'
        if (!chosenBy && !['class', 'd', 'style', 'id', 'src'].includes(name))
          said.push(name === 'href' ? decodeURIComponent(value) : value)
      }
      const typed = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
      if (typed) said.push(element.value)
    }
    return said.join('\n')
  })
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Nothing of what the server told is in the page. */
export async function expectNothingPrivate(page: Page, found: Private, name: string): Promise<void> {
  await found.told()
  const said = (await everythingIn(page)).normalize()
  const lower = said.toLowerCase()
  const around = (at: number) => said.slice(Math.max(0, at - 40), at + 60)
  const matches = (pattern: RegExp, text: string) => [
    ...new Set([...text.matchAll(pattern)].map((match) => `${match[0]} in: ${around(match.index)}`)),
  ]
  const anyOf = (texts: Iterable<string>) => [...texts].map((each) => escaped(each.normalize())).join('|')
  const names = `(?<![\\p{L}\\d-])(?:${anyOf(found.names)})(?![\\p{L}\\d-])`.toLowerCase()
  expect
    .soft(matches(new RegExp(names.replace(/\\p\{l\}/g, '\\p{L}'), 'gu'), lower), `names in ${name}`)
    .toEqual([])
  const amounts = new RegExp(
    `(?<![\\d.,])(?:${anyOf(found.amounts)})(?!\\d)|[€$]\\s?\\d|\\d\\s?(?:€|kr\\b)`,
    'gu',
  )
  expect.soft(matches(amounts, said), `amounts in ${name}`).toEqual([])
}
