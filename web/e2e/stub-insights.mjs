// What the stub says of a person's money: invented, but in the shapes and with the rules the page relies on.
import { day, instant } from './stub-data.mjs'
import { guiding } from './stub-guiding.mjs'

const euro = (minor) => ({ minor: String(minor), currency: 'EUR' })
const forecastDays = 90

/** A day so many months before or after a day; only days that every month has. */
function months(date, step) {
  const [year, month, of] = date.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1 + step, of)).toISOString().slice(0, 10)
}

/** The last day of this kind before today: every month on the `of`th. */
function lastOn(of) {
  const here = `${day(0).slice(0, 8)}${of}`
  return here <= day(0) ? here : months(here, -1)
}

const kindOf = { income: 'INCOME', transfer: 'TRANSFER' }

function stream(person, label, category, rhythm, step, last, minor, more = {}) {
  const count = more.count ?? 9
  const rows = person.rows.filter(({ counterparty }) => counterparty === label)
  const hits = Array.from({ length: Math.min(count, 24) }, (_, index) => ({
    transactionId: rows[index % Math.max(1, rows.length)]?.id ?? `${label}-${index}`,
    day: step < 1 ? day(Math.round(index * step * 30) + 3) : months(last, -index * step),
    amount: euro(typeof minor === 'function' ? minor(index) : minor),
  }))
  const newest = hits[0].amount.minor
  const yearly = { WEEKLY: 52.18, MONTHLY: 12, QUARTERLY: 4, YEARLY: 1 }[rhythm]
  return {
    knownAt: { position: String(person.position), recordedAt: instant(3 * 3_600_000) },
    label,
    payee: label.toLowerCase(),
    category: { id: category, kind: kindOf[category] ?? 'SPENDING' },
    accountId: 'c-op-everyday',
    rhythm,
    state: 'RUNNING',
    fixed: typeof minor !== 'function',
    nextDay: step < 1 ? day(-4) : months(last, step),
    expected: euro(newest),
    yearly: euro(Math.round(Number(newest) * yearly)),
    priceChange: null,
    hits,
    hitCount: count,
    ...more,
  }
}

/** Unlike hits, ids of one list must differ. */
function distinct(streams) {
  for (const each of streams) {
    each.hits.forEach((hit, index) => {
      if (each.hits.findIndex(({ transactionId }) => transactionId === hit.transactionId) !== index)
        hit.transactionId = `${hit.transactionId}-${index}`
    })
  }
  return streams
}

function streamsOf(person) {
  if (person.rows.length === 0) return []
  const rise = { day: months(lastOn('05'), -2), from: euro(-1_099), to: euro(-1_299) }
  return distinct([
    stream(person, 'Spotify', 'telecom', 'MONTHLY', 1, lastOn('05'), -1_299, {
      priceChange: rise,
      count: 31,
    }),
    stream(person, 'Asunto Oy Linnankoski', 'housing', 'MONTHLY', 1, lastOn('02'), -98_400, { count: 26 }),
    stream(person, 'Helen Oy', 'utilities', 'MONTHLY', 1, lastOn('12'), (index) => -7_400 - index * 310),
    stream(person, 'Elisa Oyj', 'utilities', 'MONTHLY', 1, lastOn('20'), -2_490),
    stream(person, 'Kuntokeskus Liikku', 'sports_fitness', 'MONTHLY', 1, lastOn('08'), -3_690, {
      state: 'NEW',
      count: 3,
    }),
    stream(person, 'Helsingin Sanomat', 'books_toys_stationery', 'QUARTERLY', 3, lastOn('16'), -7_900, {
      count: 8,
    }),
    stream(person, 'If Vahinkovakuutus', 'insurance', 'YEARLY', 12, months(lastOn('24'), -7), -31_240, {
      count: 3,
    }),
    stream(person, 'Northlight Oy', 'income', 'MONTHLY', 1, lastOn('15'), 382_450, { count: 26 }),
    stream(person, 'Aino Virtanen', 'transfer', 'MONTHLY', 1, lastOn('16'), -40_000, { count: 26 }),
    stream(person, 'HelloFresh', 'groceries', 'WEEKLY', 0.25, day(3), -5_990, {
      state: 'STOPPED',
      nextDay: day(18),
      count: 14,
    }),
  ])
}

function forecast(person, supposed) {
  const expected = streamsOf(person)
    .filter(({ state }) => state !== 'STOPPED')
    .flatMap((each) => {
      const step = { MONTHLY: 1, QUARTERLY: 3, YEARLY: 12 }[each.rhythm]
      return [0, 1, 2].map((count) => ({
        day: months(each.nextDay, count * step),
        amount: each.expected,
        label: each.label,
        rhythm: each.rhythm,
      }))
    })
    .concat(
      supposed.map(({ day: on, minor, label }) => ({ day: on, amount: euro(minor), label, rhythm: null })),
    )
    .filter(({ day: on }) => on > day(0) && on <= day(-forecastDays))
    .sort((a, b) => a.day.localeCompare(b.day))
  const balance = 318_245
  const days = Array.from({ length: forecastDays }, (_, index) => {
    const on = day(-index - 1)
    const known = expected
      .filter((each) => each.day <= on)
      .reduce((sum, each) => sum + Number(each.amount.minor), balance)
    const spent = (index + 1) * 5_900
    const width = Math.round(9_000 * Math.sqrt(index + 1))
    return {
      day: on,
      known: euro(known),
      low: euro(known - spent - width),
      high: euro(known - spent + width),
      point: euro(known - spent),
    }
  })
  const lowest = days.reduce((least, each) =>
    Number(each.low.minor) < Number(least.low.minor) ? each : least,
  )
  const knownAt = { position: String(person.position), recordedAt: instant(3 * 3_600_000) }
  return { knownAt, balance: euro(balance), days, lowest, expected, tried: 24, errorPerMille: 640 }
}

function noticesOf(person) {
  const [first, second] = person.rows.filter(({ counterparty }) => counterparty === 'Spotify')
  const [shop, again] = person.rows.filter(({ counterparty }) => counterparty === 'Verkkokauppa.com Oyj')
  const ids = (...rows) => rows.flatMap((row) => (row ? [row.id] : []))
  const notice = (kind, label, amount, compared, on, restsOn) => ({
    knownAt: { position: String(person.position), recordedAt: instant(3 * 3_600_000) },
    key: `${kind.toLowerCase()}:${label}`,
    kind,
    label,
    amount: amount && euro(amount),
    compared: compared && euro(compared),
    day: on,
    restsOn,
    muted: person.muted.has(`${kind.toLowerCase()}:${label}`),
  })
  return [
    notice('CONSENT_ENDING', 'Nordea', null, null, day(-9), []),
    notice('DOUBLE_CHARGE', 'Verkkokauppa.com Oyj', -12_900, null, day(2), ids(shop, again)),
    notice('PRICE_RISE', 'Spotify', -1_299, -1_099, day(4), ids(first, second)),
    notice('LOW_BALANCE', 'EUR', -4_210, null, day(-21), []),
    notice('UNUSUAL_AMOUNT', 'Ravintola Savoy', -41_200, -8_800, day(6), ids(person.rows[3])),
    notice('STILL_USED', 'Kuntokeskus Liikku', -3_690, -44_280, day(8), ids(person.rows[5])),
  ]
}

const minorOf = (rows) => rows.reduce((sum, { amount }) => sum + Number(amount.minor), 0)

function periods(by, from, to) {
  const found = []
  const start = by === 'PAY_DAY' ? '15' : '01'
  let first = `${from.slice(0, 8)}${start}`
  if (first > from) first = months(first, -1)
  for (; first <= to; first = months(first, 1)) {
    const last = new Date(new Date(`${months(first, 1)}T12:00:00Z`).getTime() - 86_400_000)
    found.push([first, last.toISOString().slice(0, 10)])
  }
  return found
}

function flows(person, { by, from, to }) {
  const rows = person.rows.filter(
    ({ amount, standing }) => amount.currency === 'EUR' && standing === 'COUNTED',
  )
  return periods(by, from, to).flatMap(([first, last]) => {
    const within = rows.filter(({ bookingDate }) => bookingDate >= first && bookingDate <= last)
    if (within.length === 0) return []
    const income = minorOf(
      within.filter(({ category, amount }) => category.id === 'income' && Number(amount.minor) > 0),
    )
    const spent = -minorOf(within.filter(({ category }) => category.kind === 'SPENDING'))
    const rate = income > 0 ? Math.round(((income - spent) * 1_000) / income) : null
    const knownAt = { position: String(person.position), recordedAt: instant(3 * 3_600_000) }
    const saved = euro(income > 0 ? 40_000 : 0)
    const flow = { from: first, to: last, income: euro(income), spent: euro(spent), saved }
    return [{ knownAt, ...flow, savingsRatePerMille: rate, categories: [] }]
  })
}

function worth(person, { from, to }) {
  if (person.rows.length === 0) return []
  const ends = periods('MONTH', from, to).map(([, last]) => [last, to].sort()[0])
  return ends.map((on, index) => {
    const grown = 1_100_000 + index * 21_000 + Math.round(38_000 * Math.sin(index * 1.7))
    return { day: on, amounts: [euro(grown), { minor: String(4_100_000 + index * 9_000), currency: 'SEK' }] }
  })
}

function payees(person, { categoryId, from, to }) {
  const sums = new Map()
  for (const row of person.rows) {
    const within = row.bookingDate >= from && row.bookingDate <= to && row.category.id === categoryId
    if (!within || row.amount.currency !== 'EUR') continue
    const [minor, count] = sums.get(row.counterparty) ?? [0, 0]
    sums.set(row.counterparty, [minor - Number(row.amount.minor), count + 1])
  }
  return [...sums]
    .map(([label, [minor, count]]) => ({ payee: label.toLowerCase(), label, amount: euro(minor), count }))
    .sort((a, b) => Number(b.amount.minor) - Number(a.amount.minor))
}

function transfers(person) {
  const out = person.rows.find(({ category }) => category.id === 'transfer')
  const back = person.rows.find(({ accountId }) => accountId === 'c-nordea-household')
  if (!out || !back) return []
  const amount = { ...out.amount, minor: out.amount.minor.replace('-', '') }
  const reasons = ['SAME_AMOUNT', 'NAMES_ACCOUNT', 'DAYS_BETWEEN']
  return [{ out, back: { ...back, amount }, certain: true, reasons }]
}

/** What a shop gave back a part of; whether it is shown hangs on what the person said of it. */
function refunds(person) {
  const out = person.rows.find(({ category }) => category.id === 'groceries')
  const said = person.judged?.get(out?.id)
  if (!out || said === false) return []
  const back = { ...out, id: `${out.id}-back`, amount: { ...out.amount, minor: '250' } }
  const reasons = said ? ['CONFIRMED'] : ['SAME_PAYEE', 'PART']
  return [{ out, back, certain: said === true, reasons }]
}

export function insights(person) {
  const nothing = person.rows.length === 0
  return {
    recurring: () => streamsOf(person),
    forecasts: ({ supposed }) => (nothing ? [] : [forecast(person, supposed ?? [])]),
    forecastScores: () => person.scores,
    notices: ({ withMuted }) => (nothing ? [] : noticesOf(person).filter(({ muted }) => withMuted || !muted)),
    cashFlow: (asked) => flows(person, asked),
    insightReach: () => ({
      from: day(400),
      isCut: person.email.startsWith('million'),
      mostRows: 120_000,
    }),
    netWorth: (asked) => worth(person, asked),
    payeeSpending: (asked) => payees(person, asked),
    ownTransfers: () => transfers(person),
    refunds: () => refunds(person),
    ...guiding(person),
  }
}
