// Balances over time of a person of the stub, walked back from what stands now, as the service does it.
import { day } from './stub-data.mjs'

const mostDays = 400

function endsOfMonths(from, to) {
  const ends = []
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); ) {
    const [year, number] = month.split('-').map(Number)
    const last = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
    ends.push([last, to].sort()[0])
    month = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7)
  }
  return ends
}

function everyDay(from, to) {
  const days = []
  for (let at = Date.parse(`${from}T12:00Z`); at <= Date.parse(`${to}T12:00Z`); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10))
  return days
}

export function balanceLinesOf(person, { accountId, from }) {
  const accounts = person.accounts().filter(({ id, live }) => (accountId ? id === accountId : live))
  const ids = new Set(accounts.map(({ id }) => id))
  const rows = person.rows.filter(
    (row) => ids.has(row.accountId) && row.state === 'BOOKED' && row.standing === 'COUNTED',
  )
  if (rows.length === 0) return []
  const today = day(0)
  const [first] = rows.map(({ bookingDate }) => bookingDate).sort()
  const begins = from && from > first ? from : first
  const days = everyDay(begins, today)
  const points = days.length <= mostDays ? days : endsOfMonths(begins, today)
  const lines = new Map()
  for (const { id, booked } of accounts) {
    const sums = new Map()
    for (const row of rows.filter(({ accountId: of }) => of === id))
      sums.set(row.bookingDate, (sums.get(row.bookingDate) ?? 0) + Number(row.amount.minor))
    const changes = [...sums]
    const line = points.map((on) =>
      changes.reduce((balance, [of, minor]) => balance - (of > on ? minor : 0), Number(booked.minor)),
    )
    const former = lines.get(booked.currency) ?? line.map(() => 0)
    lines.set(
      booked.currency,
      former.map((sum, index) => sum + line[index]),
    )
  }
  const knownAt = { position: String(person.position), recordedAt: null }
  return [...lines].sort().map(([currency, line]) => ({
    knownAt,
    currency,
    points: line.map((minor, index) => ({ day: points[index], amount: { minor: String(minor), currency } })),
  }))
}
