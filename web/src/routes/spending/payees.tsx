import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { categoryColour } from '../../lib/categories'
import { firstDay, lastDay } from '../../lib/dates'
import { share } from '../../lib/money'
import { payeeSpendingOptions } from '../../queries/insights'
import { Amount } from '../../ui/amount'
import { Button, ButtonLink } from '../../ui/button'
import { Name } from '../../ui/name'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'
import { Reach } from '../insights/reach'

type PayeesProps = {
  category: string
  month: string
  currency: string
  account: string | undefined
  onBack: () => void
}

/** To whom a category went in a month, the most first. All accounts: the server does not part payees by account. */
export function Payees({ category, month, currency, account, onBack }: PayeesProps) {
  const words = useWords()
  const { spending: texts } = usePageWords()
  const days = { from: firstDay(month), to: lastDay(month) }
  const found = useQuery(payeeSpendingOptions(category, days.from, days.to, useAsOf()))
  const payees = (found.data ?? []).filter(({ amount }) => amount.currency === currency)
  const longest = payees[0]?.amount
  const back = useRef<HTMLButtonElement>(null)
  useEffect(() => back.current?.focus({ preventScroll: true }), [])
  return (
    <Card title={texts.payees(categoryText(words, category))}>
      <div className="screen-only mb-4 flex flex-wrap gap-2">
        <Button ref={back} onClick={onBack}>
          {texts.closeDrill}
        </Button>
        <ButtonLink to="/transactions" search={{ ...days, category, account }}>
          {texts.toRows}
        </ButtonLink>
      </div>
      <Reach />
      <Awaited of={found} rows={5} height={36} />
      {found.data && !longest && <p className="text-muted">{texts.noPayees}</p>}
      {longest && (
        <table className="w-full">
          <caption className="sr-only">{texts.payees(categoryText(words, category))}</caption>
          <thead className="text-left text-sm text-muted">
            <tr>
              <th scope="col" className="pb-2 font-medium">
                {texts.payee}
              </th>
              <th scope="col" className="pb-2 pl-3 text-right font-medium">
                {texts.times}
              </th>
              <th scope="col" className="pb-2 pl-4 text-right font-medium">
                {words.spending.amount}
              </th>
            </tr>
          </thead>
          <tbody>
            {payees.map(({ payee, label, amount, count }) => (
              <tr key={payee} className="align-top">
                <th scope="row" className="w-full py-1.5 text-left font-normal">
                  <Name className="break-words">{label}</Name>
                  <span aria-hidden="true" className="mt-1 block h-2 rounded-full bg-track">
                    <span
                      className="bar-fill block h-full min-w-1 rounded-full"
                      style={{
                        width: `${share(amount, longest) * 100}%`,
                        background: categoryColour(category),
                      }}
                    />
                  </span>
                </th>
                <td className="py-1.5 pl-3 text-right text-muted tabular-nums">{count}</td>
                <td className="py-1.5 pl-4 text-right">
                  <Amount money={amount} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}
