import { expect, it } from 'vitest'
import { en } from '../i18n/en'
import { reasonText } from './reason'

it.each([
  ['name:k market@1', 'The merchant is “k market”'],
  ['words:oma tilisiirto@1', 'It says “oma tilisiirto”'],
  ['code:5411@1', 'The merchant’s code is 5411'],
  ['rule:Lunch: mine@3', 'Your rule “Lunch: mine”'],
  ['payee:kioski kulma', 'You said so of this payee'],
  ['before:kioski kulma', 'You chose so for this payee before'],
  ['unsure:pets:312', 'Nobody is sure; perhaps pets'],
  ['learnt', 'It looks like rows you corrected'],
  ['model@1', 'It looks like others of this kind'],
  ['card@1', 'It pays a card'],
  ['something new', 'something new'],
])('words %s', (reason, text) => {
  expect(reasonText(en, reason, (name) => name)).toBe(text)
})

it.each(['name:k market@1', 'words:oma tilisiirto@1', 'rule:Lunch with Matti@3'])(
  'hides the names of %s',
  (reason) => {
    expect(reasonText(en, reason, () => '••')).toMatch(/“••”$/)
  },
)
