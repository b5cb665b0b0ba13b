// What the stub says of a file: enough of the real service's answers to walk through the page.
const amount = (minor) => ({ minor: String(minor), currency: 'EUR' })

const table = (mapping) => {
  const headings = ['Kirjauspäivä', 'Määrä', 'Saaja/Maksaja', 'Viesti', 'Saldo']
  const roles = ['booking_date', 'amount', 'counterparty', 'text', 'balance']
  const columns = Object.fromEntries(roles.map((role, place) => [role, [headings[place]]]))
  const told = mapping ?? { delimiter: ';', dates: 'dmy', decimal: 'comma', columns }
  const roleOf = (heading) =>
    Object.entries(told.columns).find(([, names]) => names.includes(heading))?.[0] ?? null
  return {
    mapping: told,
    headings,
    roles: headings.map(roleOf),
    sample: [
      ['05.01.2026', '-25,90', 'Kahvila', 'Korttiosto', '1474,10'],
      ['15.01.2026', '3000,00', 'Työnantaja Oy', '', '4474,10'],
    ],
    toml: 'delimiter = ";"\ndates = "dmy"\ndecimal = "comma"\n',
  }
}

const rows = ['doubtful', 'new', 'new', 'settles', 'same'].map((verdict, at) => ({
  line: at + 2,
  verdict,
  date: `2026-01-${String(5 + at).padStart(2, '0')}`,
  amount: amount(at === 2 ? 300000 : -2590 - at),
  counterparty: at === 1 ? null : 'Kahvila ja Kukka Oy',
  text: 'Korttiosto Tukholma',
}))

const account = (breaks) => ({
  accountId: null,
  identifier: 'FI2112345600000785',
  name: 'Käyttötili',
  currency: 'EUR',
  fedByBank: false,
  from: '2026-01-01',
  to: '2026-01-31',
  opening: amount(150000),
  closing: amount(376410),
  check: breaks ? 'breaks' : 'holds',
  difference: breaks ? amount(1) : null,
  line: breaks ? 5 : null,
  count: rows.length,
  new: 2,
  same: 1,
  settles: 1,
  doubtful: 1,
  rows,
})

/** A file as it is listed; the fifth broke off, and every third did not agree with its balances. */
function listed(fileName, email, place) {
  const received = new Date(Date.UTC(2026, 0, 31 - (place % 30), 9, 30)).toISOString()
  const check = ['HOLDS', 'NOT_GIVEN', 'BREAKS'][place % 3]
  const account = {
    id: 'c-op-everyday',
    name: 'Käyttötili',
    rows: 5,
    new: 2,
    same: 1,
    settled: 1,
    doubtful: 1,
    check,
    difference: check === 'BREAKS' ? amount(1) : null,
  }
  const over = place !== 4
  return {
    id: `import-${place}`,
    fileName,
    format: fileName?.endsWith('.csv') ? 'csv' : 'camt053',
    bytes: '12000',
    receivedAt: received,
    completedAt: over ? received : null,
    broughtBy: email,
    accounts: over ? [account] : [],
    position: String(900 - place),
  }
}

/** What a person brought: nothing at first, a dozen and more for who has had files all along. */
export function filesOf(email) {
  const many = email.startsWith('files') ? 23 : 0
  return Array.from({ length: many }, (_, place) =>
    listed(place % 7 === 6 ? null : `tiliote-${23 - place}.${place % 2 ? 'csv' : 'xml'}`, email, place),
  )
}

export function answerImports(files, { first, after }) {
  const begin = after ? Number(after) : 0
  const nodes = files.slice(begin, begin + first)
  const end = begin + nodes.length
  const pageInfo = { hasNextPage: end < files.length, endCursor: nodes.length > 0 ? String(end) : null }
  return { nodes, pageInfo, totalCount: files.length }
}

/** Notes a file that was imported. */
export function noteImport(files, email, { fileName }) {
  files.unshift({ ...listed(fileName, email, 0), id: `import-new-${files.length}` })
}

/** The status and body of an answer. */
export function answerImport({ content, fileName, mapping, newAccount, accountId, confirm }) {
  const text = Buffer.from(content, 'base64').toString()
  const csv = fileName.endsWith('.csv')
  const more = csv ? { table: table(mapping) } : {}
  if (text.includes('broken')) return [422, { problem: { code: 'amount', line: 20 }, ...more }]
  if (csv && !newAccount && !accountId) return [422, { problem: { code: 'no_account' }, ...more }]
  if (confirm) {
    const imported = {
      before: false,
      accounts: ['c-op-everyday'],
      rows: 5,
      new: 2,
      doubtful: 1,
      position: '9',
    }
    return [200, { imported, ...more }]
  }
  return [200, { preview: { format: 'x', accounts: [account(text.includes('breaks'))] }, ...more }]
}
