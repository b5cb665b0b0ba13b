import { X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { SupposedPayment } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { dayText, isDay } from '../../lib/dates'
import { minorFromText } from '../../lib/money'
import { Amount } from '../../ui/amount'
import { Button, IconButton } from '../../ui/button'
import { DayField } from '../../ui/day-field'
import { Field } from '../../ui/field'
import { Name, useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Refusal } from '../../ui/refusal'
import { errorText } from '../../ui/states'
import { focusFirstInvalid } from '../auth/session'

/** The server takes no more at once. */
const mostSupposed = 20
const longestLabel = 60

type WhatIfProps = {
  currency: string
  first: string
  last: string
  supposed: readonly SupposedPayment[]
  failed: Error | null
  onChange: (supposed: SupposedPayment[]) => void
}

/** Amounts to try out: they live in this visit alone, neither saved nor in the address. */
export function WhatIf({ currency, first, last, supposed, failed, onChange }: WhatIfProps) {
  const words = useWords()
  const nameText = useNameText()
  const { forecast: texts } = usePageWords()
  return (
    <div className={supposed.length === 0 ? 'screen-only' : ''}>
      <Card
        title={texts.whatIf}
        aside={
          supposed.length > 1 && (
            <Button look="quiet" className="px-2" onClick={() => onChange([])}>
              {texts.removeAll}
            </Button>
          )
        }
      >
        <p className="mb-4 text-muted">{texts.whatIfText}</p>
        {supposed.length > 0 && (
          <ul className="mb-4">
            {supposed.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two amounts that are tried may be alike
              <li key={index} className="flex items-center gap-3 border-b border-line py-1">
                <span className="min-w-0 flex-1 break-words">
                  <Name>{one.label}</Name>{' '}
                  <span className="text-sm text-muted tabular-nums">{dayText(one.day, words.locale)}</span>
                </span>
                <Amount money={one} tone="flow" />
                <IconButton
                  label={texts.remove(nameText(one.label))}
                  onClick={() => onChange(supposed.filter((_, place) => place !== index))}
                >
                  <X size={16} aria-hidden="true" />
                </IconButton>
              </li>
            ))}
          </ul>
        )}
        <SupposeForm
          currency={currency}
          first={first}
          last={last}
          full={supposed.length >= mostSupposed}
          onAdd={(one) => onChange([...supposed, one])}
        />
        <Refusal text={failed && errorText(words, failed)} />
      </Card>
    </div>
  )
}

type SupposeFormProps = {
  currency: string
  first: string
  last: string
  full: boolean
  onAdd: (one: SupposedPayment) => void
}

function SupposeForm({ currency, first, last, full, onAdd }: SupposeFormProps) {
  const { forecast: texts } = usePageWords()
  const [label, setLabel] = useState('')
  const [amount, setAmount] = useState('')
  const [way, setWay] = useState<'out' | 'in'>('out')
  const [day, setDay] = useState(first)
  const [looked, setLooked] = useState(false)
  const minor = minorFromText(amount, currency)
  const faults = {
    label: label.trim() === '' ? texts.labelWrong : null,
    amount: minor === null || /^0*$/.test(minor) ? texts.amountWrong : null,
    day: !isDay(day) || day < first || day > last ? texts.dayWrong : null,
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setLooked(true)
    if (faults.label || faults.amount || faults.day || minor === null) {
      focusFirstInvalid(event.currentTarget)
      return
    }
    onAdd({ day, minor: way === 'out' ? `-${minor}` : minor, currency, label: label.trim() })
    setLabel('')
    setAmount('')
    setLooked(false)
  }
  return (
    <form
      noValidate
      onSubmit={submit}
      className="screen-only grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-[2fr_1fr_1fr_1fr_auto]"
    >
      <Field label={texts.label} error={looked ? faults.label : null}>
        {(ids) => (
          <input
            {...ids}
            className="control"
            maxLength={longestLabel}
            value={label}
            onChange={({ target }) => setLabel(target.value)}
          />
        )}
      </Field>
      <Field label={`${texts.amount} (${currency})`} error={looked ? faults.amount : null}>
        {(ids) => (
          <input
            {...ids}
            className="control tabular-nums"
            inputMode="decimal"
            autoComplete="off"
            value={amount}
            onChange={({ target }) => setAmount(target.value)}
          />
        )}
      </Field>
      <Field label={texts.way}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={way}
            onChange={({ target }) => setWay(target.value === 'in' ? 'in' : 'out')}
          >
            <option value="out">{texts.out}</option>
            <option value="in">{texts.in}</option>
          </select>
        )}
      </Field>
      <DayField
        label={texts.day}
        error={looked ? faults.day : null}
        min={first}
        max={last}
        value={day}
        onChange={(chosen) => setDay(chosen ?? '')}
      />
      <Button type="submit" disabled={full} className="lg:mt-[23px]">
        {texts.add}
      </Button>
      {full && <p className="text-sm text-muted sm:col-span-2 lg:col-span-5">{texts.tooMany}</p>}
    </form>
  )
}
