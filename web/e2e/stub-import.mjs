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
