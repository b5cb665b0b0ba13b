import { expect, test } from 'vitest'
import {
  conditionInput,
  draftOf,
  emptyCondition,
  emptyRule,
  faultOf,
  moved,
  type Rule,
  rulesInput,
} from './rules'

const nothing = { textHolds: null, payeeIs: null, least: null, most: null, onAccount: null, goes: null }

const rule: Rule = {
  name: 'Lunch',
  conditions: [
    { ...nothing, textHolds: 'lounas' },
    { ...nothing, payeeIs: 'Fazer Café' },
    { ...nothing, least: { minor: '500', currency: 'EUR' }, most: { minor: '1500', currency: 'EUR' } },
    { ...nothing, most: { minor: '900', currency: 'JPY' } },
    { ...nothing, onAccount: 'a-1' },
    { ...nothing, goes: 'OUTGOING' },
  ],
  category: { id: 'restaurants' },
  stops: true,
}

test('a rule that was read is written back as it was', () => {
  expect(rulesInput([draftOf(rule, 'EUR')])).toEqual([
    {
      name: 'Lunch',
      conditions: [
        { textHolds: 'lounas' },
        { payeeIs: 'Fazer Café' },
        { amountWithin: { least: '500', most: '1500', currency: 'EUR' } },
        { amountWithin: { least: undefined, most: '900', currency: 'JPY' } },
        { onAccount: 'a-1' },
        { goes: 'OUTGOING' },
      ],
      categoryId: 'restaurants',
      stops: true,
    },
  ])
})

test('what the server would refuse is not sent', () => {
  const condition = emptyCondition('EUR')
  expect(conditionInput(condition)).toBeNull()
  expect(conditionInput({ ...condition, words: ' - ' })).toBeNull()
  expect(conditionInput({ ...condition, words: 'a'.repeat(101) })).toBeNull()
  const within = (least: string, most: string) =>
    conditionInput({ ...condition, kind: 'amountWithin', least, most })
  expect(within('', '')).toBeNull()
  expect(within('2', '1')).toBeNull()
  expect(within('x', '1')).toBeNull()
  expect(within('1,5', '')).toEqual({ amountWithin: { least: '150', most: undefined, currency: 'EUR' } })
  expect(conditionInput({ ...condition, kind: 'onAccount' })).toBeNull()
  expect(rulesInput([draftOf(rule, 'EUR'), emptyRule('EUR')])).toBeNull()
})

test('the first thing that is missing is named', () => {
  const empty = emptyRule('EUR')
  expect(faultOf(empty)).toBe('name')
  expect(faultOf({ ...empty, name: 'Lunch', conditions: [] })).toBe('conditions')
  expect(faultOf({ ...empty, name: 'Lunch' })).toBe('category')
  expect(faultOf({ ...empty, name: 'Lunch', category: 'restaurants' })).toBeNull()
})

test('an item moves, and the others keep their order', () => {
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a'], 4, 0)).toEqual(['a'])
})
