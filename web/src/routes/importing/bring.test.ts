import { describe, expect, it } from 'vitest'
import { keepMapping, keptMapping, type Table, withRole } from './bring'

const table: Table = {
  mapping: { columns: { booking_date: ['Pvm'], text: ['Selite', 3] }, dates: 'dmy' },
  headings: ['Pvm', 'Selite', 'X', 'Summa', 'Y', 'Y'],
  sample: [],
  roles: ['booking_date', 'text', 'text', null, null, null],
  toml: '',
}

describe('a mapping', () => {
  it('reads a column as something else', () => {
    expect(withRole(table, 3, 'amount').columns).toEqual({ ...table.mapping.columns, amount: ['Summa'] })
    expect(withRole(table, 1, 'counterparty').columns).toEqual({
      booking_date: ['Pvm'],
      text: [3],
      counterparty: ['Selite'],
    })
    expect(withRole(table, 0, null).columns).toEqual({ text: ['Selite', 3] })
    expect(withRole(table, 3, 'text').columns.text).toEqual(['Selite', 3, 'Summa'])
    expect(withRole(table, 4, 'amount').columns.amount, 'a heading that stands twice').toEqual([5])
  })

  it('is found again by the headings', () => {
    keepMapping(table)
    expect(keptMapping(table.headings)).toEqual(table.mapping)
    expect(keptMapping(['Pvm'])).toBeNull()
    expect(keptMapping([])).toBeNull()
  })
})
