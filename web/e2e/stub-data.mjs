// Invented people, banks and payments for the stub: the same every time, told from today backwards.
const euro = (minor) => ({ minor: String(minor), currency: 'EUR' })

export const banks = [
  bank('op', 'OP Financial Group', 'FI', 'OKOYFIHH', 'READY', 180, 730),
  bank('nordea', 'Nordea', 'FI', 'NDEAFIHH', 'READY', 180, 540),
  bank('s-pankki', 'S-Pankki', 'FI', 'SBANFIHH', 'READY', 90, 365),
  bank('handelsbanken', 'Handelsbanken', 'SE', 'HANDSESS', 'READY', 180, 730),
  bank('danske', 'Danske Bank', 'FI', 'DABAFIHH', 'NOT_REGISTERED', 90, 365),
  bank('aktia', 'Aktia', 'FI', 'HELSFIHH', 'NOT_REGISTERED', 90, 365),
  {
    ...bank('enable-banking-op', 'OP via Enable Banking', 'FI', 'OKOYFIHH', 'READY', 180, 730),
    through: 'Enable Banking',
  },
]

function bank(id, name, country, bic, status, longestConsentDays, longestHistoryDays) {
  const own = {
    id,
    name,
    country,
    bic,
    standard: 'stub',
    status,
    longestConsentDays,
    longestHistoryDays,
    demo: id === 'nordea',
  }
  return { ...own, through: null, cards: id === 'op', agreedInBrowser: true, health: healthOf(id) }
}

/** One bank answers well, one mostly, one fails often; the others were not asked. */
function healthOf(id) {
  const problems = []
  const answered = (minutes) => ({ answeredAt: instant(minutes * 60_000), failedAt: null, problems })
  if (id === 'op') return { calls: 412, failed: 0, medianMilliseconds: 240, quirks: [], ...answered(4) }
  if (id === 'nordea') {
    const quirks = ['REFERENCES_CHANGE', 'SHOWS_TWICE']
    return { calls: 300, failed: 9, medianMilliseconds: 1_900, quirks, ...answered(50) }
  }
  if (id === 's-pankki')
    return { calls: 20, failed: 13, medianMilliseconds: null, quirks: [], ...answered(300) }
  return null
}

/** A small generator of numbers that are the same at every start. */
function numbers(seed) {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

const payees = [
  ['S-market Kallio', 'groceries', 1_200, 9_000],
  ['Lidl Helsinki', 'groceries', 900, 7_000],
  ['K-Citymarket', 'groceries', 2_000, 14_000],
  ['Wolt', 'restaurants', 1_100, 4_200],
  ['Fazer Café', 'restaurants', 450, 1_900],
  ['Ravintola Savoy', 'restaurants', 4_500, 16_000],
  ['HSL', 'public_transport', 310, 7_200],
  ['VR-Yhtymä Oyj', 'public_transport', 1_400, 9_800],
  ['Neste Oyj', 'public_transport', 3_000, 8_900],
  ['Finnkino', 'entertainment', 1_290, 3_800],
  ['Helsingin kaupunki, uimahallit', 'entertainment', 550, 1_200],
  ['Spotify', 'telecom', 1_199, 1_199],
  ['Elisa Oyj', 'utilities', 1_990, 3_490],
  ['Helen Oy', 'utilities', 4_000, 13_000],
  ['Yliopiston Apteekki', 'health', 700, 6_000],
  ['Verkkokauppa.com Oyj', 'general_merchandise', 1_500, 40_000],
  ['Kela', 'income', -9_500, -9_500],
]

export function day(daysAgo) {
  return new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
}

export function instant(millisecondsAgo) {
  return new Date(Date.now() - millisecondsAgo).toISOString()
}

const hour = 3_600_000

export function accountsOf(bankId, connectionId, live = true) {
  const found = banks.find(({ id }) => id === bankId)
  const make = (id, kind, name, identifier, booked, currency = 'EUR') => ({
    id: `${connectionId}-${id}`,
    bank: found,
    connectionId,
    kind,
    name,
    identifier,
    currency,
    owner: 'Aino Virtanen',
    booked: { minor: String(booked), currency },
    available: { minor: String(booked - 4_250), currency },
    beyondOwn: null,
    reading: readingOf(),
    balanceAt: instant(3 * hour),
    lastReadAt: instant(3 * hour),
    transactionCount: 0,
    live,
    balances: [
      { kind: 'BOOKED', amount: { minor: String(booked), currency }, observedAt: instant(3 * hour) },
      {
        kind: 'AVAILABLE',
        amount: { minor: String(booked - 4_250), currency },
        observedAt: instant(3 * hour),
      },
      ...(kind === 'CURRENT'
        ? [{ kind: 'RESERVED', amount: euro(4_250), observedAt: instant(3 * hour) }]
        : []),
    ],
  })
  const shapes = {
    op: () => [
      make('everyday', 'CURRENT', 'Käyttötili', 'FI2112345600000785', 318_245),
      make('savings_investment', 'SAVINGS', 'Säästöt', 'FI5550000120000041', 1_204_990),
      make('card', 'CARD', 'OP-Visa', '•••• 4417', -84_310),
    ],
    nordea: () => [make('household', 'CURRENT', 'Taloustili', 'FI4239390001999912', 96_120)],
    handelsbanken: () => [make('stuga', 'SAVINGS', 'Stugan', 'SE4550000000058398257466', 4_250_000, 'SEK')],
    's-pankki': () => [make('bonus', 'CURRENT', 'Bonustili', 'FI8880001234567890', 22_764)],
  }
  return (shapes[bankId] ?? shapes.nordea)()
}

/** How a reading stands that goes well; `more` says what differs. */
export function readingOf(more = {}) {
  return {
    nextAt: instant(-2 * hour),
    nextWhy: 'RHYTHM',
    byHandFrom: instant(hour),
    running: false,
    problem: null,
    ...more,
  }
}

/** What no row of the stub has unless it is said. */
const plain = {
  state: 'BOOKED',
  standing: 'COUNTED',
  missedWindows: 0,
  note: null,
  hidden: false,
  sameAs: null,
  ownCategory: null,
}

export function transactionRow(index, account, date, payee, category, minor, position) {
  const kind = category === 'transfer' ? 'TRANSFER' : minor > 0 ? 'INCOME' : 'SPENDING'
  return {
    id: `${account.id}-t${index}`,
    accountId: account.id,
    accountName: account.name,
    bookingDate: date,
    valueDate: date,
    amount: { minor: String(minor), currency: account.currency },
    originalAmount: null,
    counterparty: payee,
    counterpartyIdentifier: index % 3 === 0 ? 'FI7944052020036082' : null,
    text: `${payee} ${date}`,
    reference: index % 4 === 0 ? '00000000000000001012' : null,
    bankType: minor > 0 ? 'Credit transfer' : 'Card purchase',
    archiveId: `20261123593400${String(index).padStart(6, '0')}`,
    category: { id: category, kind },
    categoryReason: `name:${payee.toLowerCase()}@1`,
    position: String(position),
    recordedAt: instant(3 * hour),
    ...plain,
    // Lists of one row are not shared with another.
    parts: [],
    decisions: [],
    otherReadings: [],
  }
}

/** `perDay` payments for `days` days on every account, salary and rent monthly on the first one. */
export function transactionsOf(accounts, days, perDay) {
  const next = numbers(42)
  const rows = []
  let index = 0
  const add = (account, date, payee, category, minor) => {
    index += 1
    rows.push(transactionRow(index, account, date, payee, category, minor, 1_000 + index))
  }
  for (let ago = 0; ago < days; ago += 1) {
    const date = day(ago)
    const main = accounts[0]
    if (date.endsWith('-15')) add(main, date, 'Northlight Oy', 'income', 382_450)
    if (date.endsWith('-02')) add(main, date, 'Asunto Oy Linnankoski', 'housing', -98_400)
    if (date.endsWith('-16') && accounts[1]) add(main, date, 'Aino Virtanen', 'transfer', -40_000)
    for (const account of accounts) {
      if (account.kind === 'SAVINGS') continue
      const count = perDay >= 1 ? perDay : next(10) < perDay * 10 ? 1 : 0
      for (let each = 0; each < count; each += 1) {
        const [payee, category, low, high] = payees[next(payees.length)]
        add(account, date, payee, category, -(low + next(Math.max(1, high - low))))
      }
    }
  }
  return rows
}
