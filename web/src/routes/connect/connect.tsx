import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useWords } from '../../i18n/words'
import { banksOptions } from '../../queries/options'
import { Page } from '../../ui/page'
import { Awaited, Empty } from '../../ui/states'
import { ChooseBank } from './choose'
import { Confirm } from './confirm'
import { type Choice, firstChoice, WhatIsShared } from './shared'

type StepNumber = 1 | 2 | 3

/** Three steps, each with its own address, so that the back button of the browser does what it says. */
export function Connect() {
  const words = useWords()
  const search = useSearch({ from: '/app/connect' })
  const navigate = useNavigate({ from: '/connect' })
  const banks = useQuery(banksOptions)
  const [choice, setChoice] = useState<Choice | null>(null)
  const bank = banks.data?.find(({ id, status }) => id === search.bank && status === 'READY')
  const step: StepNumber = !bank ? 1 : search.step === 'confirm' ? 3 : 2
  const agreed = bank && (choice ?? firstChoice(bank))
  const heading = useFocusOnStep(step)
  const go = (next: { bank?: string; step?: string }) => navigate({ search: next })

  return (
    <Page title={words.connect.title}>
      <Steps current={step} />
      <div ref={heading} tabIndex={-1} className="max-w-[640px] outline-none">
        <Awaited of={banks} rows={4} height={64} />
        {banks.data?.length === 0 && (
          <Empty title={words.connect.noBanks} text={words.connections.emptyText} />
        )}
        {banks.data && banks.data.length > 0 && step === 1 && (
          <ChooseBank
            banks={banks.data}
            onChoose={(id) => {
              setChoice(null)
              go({ bank: id })
            }}
          />
        )}
        {bank && agreed && step === 2 && (
          <WhatIsShared
            bank={bank}
            choice={agreed}
            onChange={setChoice}
            onBack={() => go({})}
            onNext={() => go({ bank: bank.id, step: 'confirm' })}
          />
        )}
        {bank && agreed && step === 3 && (
          <Confirm bank={bank} choice={agreed} onBack={() => go({ bank: bank.id })} />
        )}
      </div>
    </Page>
  )
}

function useFocusOnStep(step: StepNumber) {
  const heading = useRef<HTMLDivElement>(null)
  const former = useRef(step)
  useEffect(() => {
    if (former.current !== step) heading.current?.focus()
    former.current = step
  }, [step])
  return heading
}

function Steps({ current }: { current: StepNumber }) {
  const words = useWords()
  return (
    <ol className="mb-6 flex max-w-[640px] gap-2 text-sm">
      {words.connect.steps.map((name, index) => {
        const done = index + 1 <= current
        return (
          <li
            key={name}
            aria-current={index + 1 === current ? 'step' : undefined}
            className={`min-w-0 flex-1 border-t-3 pt-2 ${done ? 'border-accent' : 'border-line'} ${index + 1 === current ? 'font-semibold' : 'text-muted'}`}
          >
            <span className="sr-only">{words.connect.stepOf(index + 1, words.connect.steps.length)}: </span>
            {name}
          </li>
        )
      })}
    </ol>
  )
}
