// A person with a million transactions: no row exists before somebody looks at it.
import { transactionRow } from './stub-data.mjs'

const months = 120
const all = 1_000_000
const account = { id: 'c-op-everyday', name: 'Everyday', currency: 'EUR' }

function monthBack(back) {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7)
}

function countOf(back) {
  return Math.floor(all / months) + (back < all % months ? 1 : 0)
}

export function millionBuckets() {
  return Array.from({ length: months }, (_, back) => ({
    month: monthBack(back),
    count: countOf(back),
    inflow: [{ minor: '38245000', currency: 'EUR' }],
    outflow: [{ minor: '24501234', currency: 'EUR' }],
  }))
}

export function millionRows(month, offset, limit) {
  const back = Array.from({ length: months }, (_, each) => each).find((each) => monthBack(each) === month)
  if (back === undefined) return []
  const rows = Math.max(0, Math.min(limit, countOf(back) - offset))
  return Array.from({ length: rows }, (_, index) => {
    const place = offset + index
    const day = 28 - Math.floor((place * 28) / countOf(back))
    const date = `${month}-${String(day).padStart(2, '0')}`
    return transactionRow(`${month}-${place}`, account, date, `Shop ${place}`, 'groceries', -(100 + place), 1)
  })
}
