import { expect, it } from 'vitest'
import { csvOf } from './csv'

it('parts cells as RFC 4180 says, and begins with a mark for spreadsheets', () => {
  expect(
    csvOf([
      ['Date', 'Text'],
      ['2026-01-05', 'one, "two"\nthree'],
    ]),
  ).toBe('\ufeffDate,Text\r\n2026-01-05,"one, ""two""\nthree"\r\n')
})

it.each([
  ['=1+2', "'=1+2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+358 40', "'+358 40"],
  ['-12.50', '-12.50'],
  ['-cmd', "'-cmd"],
])('gives a spreadsheet no formula: %s', (text, written) => {
  expect(csvOf([[text]])).toBe(`\ufeff${written}\r\n`)
})
