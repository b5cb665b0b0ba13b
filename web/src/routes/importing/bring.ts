import type { Catalogue } from '../../i18n/en'
import { requestHeaders } from '../../lib/gql'
import type { Money } from '../../lib/money'

/** The largest file the server takes. */
export const largestFile = 16 * 1024 * 1024

export type Role = keyof Catalogue['importing']['roles']
export type Problem = {
  code: keyof Catalogue['importing']['problem']
  line?: number | null
  requestId?: string
}
export type Verdict = 'new' | 'same' | 'settles' | 'doubtful'

/** How a table is read, as the server writes it. */
export type Mapping = {
  encoding?: string
  delimiter?: string
  skip?: number
  heading?: boolean
  dates?: 'ymd' | 'dmy' | 'mdy'
  decimal?: 'point' | 'comma'
  currency?: string
  inverted?: boolean
  columns: Partial<Record<Role, (string | number)[]>>
}

export type Table = {
  mapping: Mapping
  headings: string[]
  sample: string[][]
  roles: (Role | null)[]
  toml: string
}

export type PreviewRow = {
  line: number
  verdict: Verdict
  date: string
  amount: Money
  counterparty: string | null
  text: string
}

export type AccountPreview = {
  accountId: string | null
  identifier: string
  name: string
  currency: string
  fedByBank: boolean
  from: string | null
  to: string | null
  opening: Money | null
  closing: Money | null
  check: 'holds' | 'not_given' | 'breaks'
  difference: Money | null
  line: number | null
  count: number
  new: number
  same: number
  settles: number
  doubtful: number
  rows: PreviewRow[]
}

export type Imported = {
  before: boolean
  accounts: string[]
  rows: number
  new: number
  doubtful: number
  position: string
}

export type Answer = {
  preview?: { format: string; accounts: AccountPreview[] }
  imported?: Imported
  problem?: Problem
  table?: Table
}

export type Wish = {
  content: string
  fileName: string
  mapping?: Mapping
  currency?: string
  accountId?: string
  newAccount?: string
  despiteBalance?: boolean
  confirm?: boolean
}

/** Sends a file to be looked at, or, with `confirm`, to be imported. */
export async function bring(wish: Wish): Promise<Answer> {
  try {
    const body = JSON.stringify(wish)
    const response = await fetch('/import', { method: 'POST', headers: requestHeaders, body })
    const answer = (await response.json().catch(() => null)) as Answer | null
    return answer ?? { problem: { code: 'internal' } }
  } catch {
    return { problem: { code: 'offline' } }
  }
}

/** The bytes of a file in base64. */
export function contentOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onerror = () => reject(reader.error)
    // "data:…;base64,AAAA"
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''))
    reader.readAsDataURL(file)
  })
}

/** The mapping with a column read as something else, or as nothing. */
export function withRole(table: Table, place: number, role: Role | null): Mapping {
  const heading = table.headings[place]
  const once = table.headings.filter((other) => other === heading).length === 1
  const column = heading && once ? heading : place + 1
  const columns: Mapping['columns'] = {}
  for (const [other, names] of Object.entries(table.mapping.columns)) {
    const left = names.filter((name) => name !== heading && name !== place + 1)
    if (left.length > 0) columns[other as Role] = left
  }
  // Several columns of text are put together; of everything else there is one.
  if (role) columns[role] = role === 'text' ? [...(columns.text ?? []), column] : [column]
  return { ...table.mapping, columns }
}

const shelf = 'opl.mappings'
/** Mappings kept on a device; the oldest goes first. */
const mostKept = 20

function keptMappings(): [string, Mapping][] {
  try {
    const kept = JSON.parse(localStorage.getItem(shelf) ?? '[]')
    return Array.isArray(kept) ? kept : []
  } catch {
    return []
  }
}

const signature = (headings: readonly string[]) => headings.join('\u001f')

/** How a table with these headings was read before. */
export function keptMapping(headings: readonly string[]): Mapping | null {
  if (headings.length === 0) return null
  return keptMappings().find(([of]) => of === signature(headings))?.[1] ?? null
}

export function keepMapping({ headings, mapping }: Table): void {
  if (headings.length === 0) return
  const others = keptMappings().filter(([of]) => of !== signature(headings))
  const kept = [...others, [signature(headings), mapping]].slice(-mostKept)
  try {
    localStorage.setItem(shelf, JSON.stringify(kept))
  } catch {
    // Storage may be full or forbidden; the file is imported all the same.
  }
}
