// The answers of the stub, field by field, checked by the real schema.
import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { coverageOf } from './stub-coverage.mjs'
import { banks } from './stub-data.mjs'
import { balanceLinesOf } from './stub-history.mjs'
import { answerImports } from './stub-import.mjs'
import { insights } from './stub-insights.mjs'
import { millionBuckets, millionRows } from './stub-million.mjs'
import { proofOf } from './stub-proof.mjs'
import { editing } from './stub-reviews.mjs'
import { rolesAnswers } from './stub-roles.mjs'

export const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'))

const marks = {
  PENDING: (row) => row.state === 'PENDING',
  DOUBTED: (row) => row.standing === 'DOUBTED',
  WITHDRAWN: (row) => row.standing === 'WITHDRAWN',
  NOTED: (row) => Boolean(row.note),
  SPLIT: (row) => row.parts.length > 0,
  CHOSEN: (row) => Boolean(row.ownCategory),
}

function keeps(filter) {
  const words = filter?.search?.toLowerCase()
  const excepted = (filter?.except ?? []).map(keeps)
  return (row) => {
    const size = Math.abs(Number(row.amount.minor))
    return (
      row.standing !== 'ABSORBED' &&
      (!filter?.accountId || row.accountId === filter.accountId) &&
      (!filter?.categoryId || row.category.id === filter.categoryId) &&
      (filter?.hidden == null || Boolean(row.hidden) === filter.hidden) &&
      (!filter?.categoryIds || filter.categoryIds.includes(row.category.id)) &&
      (filter?.marks ?? []).every((mark) => marks[mark](row)) &&
      !excepted.some((keep) => keep(row)) &&
      (!words || `${row.counterparty} ${row.text}`.toLowerCase().includes(words)) &&
      (!filter?.from || row.bookingDate >= filter.from) &&
      (!filter?.to || row.bookingDate <= filter.to) &&
      (!filter?.minimumMinor || size >= Number(filter.minimumMinor)) &&
      (!filter?.maximumMinor || size <= Number(filter.maximumMinor)) &&
      (!filter?.direction || (filter.direction === 'IN') === Number(row.amount.minor) > 0)
    )
  }
}

function sums(rows) {
  const found = new Map()
  for (const { amount } of rows) {
    found.set(amount.currency, (found.get(amount.currency) ?? 0n) + BigInt(amount.minor))
  }
  return [...found].map(([currency, minor]) => ({ currency, minor: minor.toString() }))
}

function grouped(rows, keyOf) {
  const groups = new Map()
  for (const row of rows) {
    const key = keyOf(row)
    if (!groups.has(key)) groups.set(key, [])
    groups.get(key).push(row)
  }
  return groups
}

function buckets(rows) {
  return [...grouped(rows, (row) => row.bookingDate.slice(0, 7))].map(([month, inMonth]) => ({
    month,
    count: inMonth.length,
    inflow: sums(inMonth.filter((row) => Number(row.amount.minor) > 0)),
    outflow: sums(inMonth.filter((row) => Number(row.amount.minor) < 0)).map(({ minor, currency }) => ({
      currency,
      minor: minor.replace('-', ''),
    })),
  }))
}

function spending(rows) {
  const groups = grouped(
    rows,
    (row) => `${row.bookingDate.slice(0, 7)} ${row.category.id} ${row.amount.currency}`,
  )
  return [...groups.values()].map((group) => ({
    month: group[0].bookingDate.slice(0, 7),
    category: group[0].category,
    amount: { currency: group[0].amount.currency, minor: sums(group)[0].minor.replace('-', '') },
    count: group.length,
  }))
}

/** Opening and closing balance of a month, from the balance now and the rows since. */
function statementOf(person, accountId, month) {
  const account = person.accounts().find(({ id }) => id === accountId)
  if (!account) return null
  const after = (day) => {
    const since = person.rows.filter(
      (row) =>
        row.accountId === accountId &&
        row.bookingDate > day &&
        row.state === 'BOOKED' &&
        row.standing === 'COUNTED',
    )
    const sum = since.reduce((all, row) => all + BigInt(row.amount.minor), 0n)
    return { currency: account.booked.currency, minor: (BigInt(account.booked.minor) - sum).toString() }
  }
  const [year, number] = month.split('-').map(Number)
  const last = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
  return {
    account,
    from: `${month}-01`,
    to: last,
    opening: account.booked && after(`${month}-00`),
    closing: account.booked && after(last),
    knownAt: { position: '5000', recordedAt: new Date().toISOString() },
  }
}

function me(person) {
  return { id: '0199f3c2-0000-7000-8000-000000000001', email: person.email, signedUpAt: person.signedUpAt }
}

/** `person` is nobody before signing in; `enter` and `leave` change who it is. */
export function answers(person, enter, leave) {
  const rows = person?.rows ?? []
  return {
    me: () => (person ? me(person) : null),
    banks: () => banks,
    mySharings: () => [],
    sharedWithMe: () => [],
    security: () => ({ passkeys: [], codes: false }),
    connections: () => person.connections,
    connection: ({ id }) => person.find(id),
    accounts: () => person.accounts(),
    convertedTotal: ({ currency }) => ({
      amount: { minor: '1234567', currency },
      rates: [{ currency: 'SEK', base: 'EUR', rate: '11.2340', day: '2026-01-05', source: 'ecb' }],
      unconverted: [],
    }),
    account: ({ id }) => person.accounts().find((account) => account.id === id) ?? null,
    transactionBuckets: ({ filter }) =>
      person.email.startsWith('million') ? millionBuckets() : buckets(rows.filter(keeps(filter))),
    transactionsInMonth: ({ month, offset, limit, filter }) =>
      person.email.startsWith('million')
        ? millionRows(month, offset, limit)
        : rows
            .filter((row) => row.bookingDate.startsWith(month) && keeps(filter)(row))
            .slice(offset, offset + limit),
    transaction: ({ id }) => rows.find((row) => row.id === id) ?? null,
    transactions: ({ filter, first }) => {
      const kept = rows.filter(keeps(filter))
      const edges = kept.slice(0, first).map((node) => ({ cursor: node.id, node }))
      const pageInfo = { hasNextPage: kept.length > first, endCursor: null }
      return { edges, pageInfo, totalCount: kept.length }
    },
    statement: ({ accountId, month }) => statementOf(person, accountId, month),
    signedState: () => ({
      origin: 'stub.example/log',
      size: '4980',
      root: 'qH3kq0Yk2n0m8b1q6m1m3W5yqFvJm0kqJ9cQmQ8yR1E=',
      note: '',
    }),
    balanceLines: (asked) => balanceLinesOf(person, asked),
    inclusionProof: ({ position }) => proofOf(position),
    coverage: ({ accountId }) => coverageOf(person.accounts().find(({ id }) => id === accountId)),
    renewalNotices: () => person.notices(),
    hasCalendar: () => person.calendar,
    makeCalendar: () => {
      person.calendar = true
      return '/calendar/stub-address-of-forty-three-letters-in-all-1.ics'
    },
    revokeCalendar: () => {
      const had = person.calendar
      person.calendar = false
      return had
    },
    imports: (asked) => answerImports(person.files, asked),
    reconfirmConnection: ({ connectionId }) => person.reconfirm(connectionId),
    renewConnection: ({ connectionId, consentDays }) => {
      const found = person.find(connectionId)
      if (!found) return { status: 'NOT_RENEWABLE' }
      if (found.bank.id === 'handelsbanken') return { status: 'BANK_UNREACHABLE' }
      found.renewalDays = consentDays
      const authorizeUrl = `/bank/authorize?bank=${found.bank.id}&connection=${connectionId}`
      return { status: 'REDIRECT', connectionId, authorizeUrl, position: person.step() }
    },
    ...(person ? { ...editing(person), ...insights(person), ...rolesAnswers(person) } : {}),
    spending: ({ from, to, accountId }) =>
      spending(
        rows.filter((row) => {
          const month = row.bookingDate.slice(0, 7)
          const wanted = !accountId || row.accountId === accountId
          return wanted && row.category.kind === 'SPENDING' && month >= from && month <= to
        }),
      ),
    signUp: ({ email }) => {
      if (email.startsWith('taken')) return { status: 'EMAIL_TAKEN' }
      return { status: 'SIGNED_UP', me: me(enter(email)), position: '1' }
    },
    signIn: ({ email, password }) => {
      if (password === 'wrong') return { status: 'REFUSED' }
      return { status: 'SIGNED_IN', me: me(enter(email)) }
    },
    eraseMe: ({ password }) => {
      if (password === 'wrong') return { status: 'REFUSED' }
      leave()
      const receipt = {
        personId: '0199f3c2-0000-7000-8000-000000000001',
        position: person.step(),
        leafHash: '9f2c'.repeat(16),
        keyId: '0199f3c2-0000-7000-8000-000000000009',
        keyDestroyedAt: new Date().toISOString(),
        recordedAt: new Date().toISOString(),
        consentsEnded: 4,
        banksNotTold: 1,
        secretsDeleted: 4,
        sessionsEnded: 1,
      }
      return { status: 'ERASED', receipt }
    },
    signOut: () => {
      leave()
      return true
    },
    connectBank: ({ bankId, consentDays }) => {
      if (bankId === 'nordea') return { status: 'BANK_UNREACHABLE' }
      const connectionId = person.begin(bankId, consentDays)
      const authorizeUrl = `/bank/authorize?bank=${bankId}&connection=${connectionId}`
      return { status: 'REDIRECT', connectionId, authorizeUrl, position: person.step() }
    },
    refreshConnection: ({ connectionId }) => {
      const found = person.find(connectionId)
      if (!found) return { status: 'NOT_FOUND' }
      person.read(found)
      return { status: 'STARTED', position: person.step() }
    },
    removeDemo: ({ connectionId }) => {
      const found = person.find(connectionId)
      if (!found) return { status: 'NOT_FOUND' }
      if (!found.bank.demo) return { status: 'NOT_DEMO' }
      person.remove(connectionId)
      return { status: 'REMOVED', position: person.step() }
    },
    revokeConnection: ({ connectionId }) => {
      if (!person.find(connectionId)) return { status: 'NOT_FOUND' }
      person.revoke(connectionId)
      return { status: 'REVOKED', position: person.step(), connection: person.find(connectionId) }
    },
  }
}
