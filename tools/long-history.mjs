// Writes a long invented history as statements, one CSV file a month:
// node tools/long-history.mjs DIR [ROWS] [MONTHS]. The same call writes the same files; what is there stays.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, rows = '1000000', months = '120'] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node tools/long-history.mjs DIR [ROWS] [MONTHS]')
  process.exit(2)
}
const payees = [
  ['LIDL HELSINKI', 500, 9_000],
  ['K-CITYMARKET', 900, 14_000],
  ['PRISMA KALASATAMA', 700, 12_000],
  ['HSL MOBIILI', 280, 330],
  ['RAVINTOLA SAVOY', 1_200, 9_900],
  ['FINNKINO', 1_200, 3_900],
  ['HELEN OY', 3_000, 14_000],
  ['ELISA OYJ', 1_900, 4_900],
  ['YLIOPISTON APTEEKKI', 600, 6_000],
  ['NESTE', 2_000, 9_000],
  ['VERKKOKAUPPA.COM', 900, 60_000],
  ['SPOTIFY AB', 1_199, 1_199],
]

/** SplitMix32: the same history in every run. */
let state = 42
function below(bound) {
  state = (state + 0x9e3779b9) | 0
  let mixed = state ^ (state >>> 16)
  mixed = Math.imul(mixed, 0x21f0aaad)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x735a2d97)
  return ((mixed ^ (mixed >>> 15)) >>> 0) % bound
}

const decimal = (minor) =>
  `${minor < 0 ? '-' : ''}${Math.floor(Math.abs(minor) / 100)},${String(Math.abs(minor) % 100).padStart(2, '0')}`

/** The days around the turn of a month stay empty: rows of two files that look alike would be put to the person. */
const firstDay = 6
const daysUsed = 18

mkdirSync(folder, { recursive: true })
const now = new Date()
const all = Number(rows)
for (let back = Number(months) - 1; back >= 0; back -= 1) {
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1))
  const month = first.toISOString().slice(0, 7)
  const count = Math.floor(all / Number(months)) + (back < all % Number(months) ? 1 : 0)
  const lines = ['Date;Amount;Currency;Counterparty;Message;Reference']
  for (let row = 0; row < count; row += 1) {
    const day = String(firstDay + Math.floor((row * daysUsed) / count)).padStart(2, '0')
    const salary = row % Math.ceil(count / 3) === 7
    const [payee, low, high] = salary ? ['NORTHLIGHT OY', 280_000, 420_000] : payees[below(payees.length)]
    const minor = (salary ? 1 : -1) * (low + below(high - low + 1))
    lines.push(
      `${month}-${day};${decimal(minor)};EUR;${payee};Purchase ${month} ${row};${month.replace('-', '')}${row}`,
    )
  }
  const file = join(folder, `${month}.csv`)
  if (existsSync(file)) continue
  // A file that is there is whole.
  writeFileSync(`${file}.new`, `${lines.join('\n')}\n`)
  renameSync(`${file}.new`, file)
}
