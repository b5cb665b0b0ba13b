import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { MergeTransactionsDocument, type TransactionQuery } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { daysFrom, dayText } from '../lib/dates'
import { isDone, useEdit, useRefusal } from '../lib/edits'
import { absolute, isNegative } from '../lib/money'
import { mergeCandidatesOptions } from '../queries/options'
import { Amount, useAmountText } from '../ui/amount'
import { Button } from '../ui/button'
import { Name, useNameText } from '../ui/name'
import { Refusal } from '../ui/refusal'
import { Awaited } from '../ui/states'

type Transaction = NonNullable<TransactionQuery['transaction']>

/** How many days before and after are looked at. */
const nearDays = 14

/** Which other row is the same payment: those of the same account near it, equal amounts first. */
export function MergeForm({ transaction, onDone }: { transaction: Transaction; onDone: () => void }) {
  const words = useWords()
  const { edit: texts } = words.sync
  const amountText = useAmountText()
  const nameText = useNameText()
  const [wide, setWide] = useState(false)
  const minor = absolute(transaction.amount).minor
  const near = useQuery(
    mergeCandidatesOptions({
      accountId: transaction.accountId,
      from: daysFrom(transaction.bookingDate, -nearDays),
      to: daysFrom(transaction.bookingDate, nearDays),
      direction: isNegative(transaction.amount) ? 'OUT' : 'IN',
      ...(wide ? {} : { minimumMinor: minor, maximumMinor: minor }),
    }),
  )
  const merge = useEdit(MergeTransactionsDocument, words.sync.reviews.SAME_AS)
  const refusal = useRefusal(merge)
  const rows = near.data?.filter(({ id, standing }) => id !== transaction.id && standing !== 'DOUBTED')
  const join = async (absorbedId: string) => {
    const edited = await merge.mutateAsync({ transactionId: transaction.id, absorbedId }).catch(() => null)
    if (isDone(edited?.status)) onDone()
  }
  return (
    <>
      <p className="mb-3">{texts.mergeText}</p>
      <Awaited of={near} rows={3} height={48} />
      {rows?.length === 0 && <p className="text-muted">{texts.mergeNone}</p>}
      <ul className="divide-y divide-line">
        {rows?.map((row) => {
          const name = row.counterparty ?? row.text
          return (
            <li key={row.id} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 py-2">
              <span className="min-w-0 flex-1 basis-40 break-words">
                <Name className="block font-medium">{name}</Name>
                <span className="block text-sm text-muted">
                  {dayText(row.bookingDate, words.locale)}
                  {row.text !== name && ` · ${nameText(row.text)}`}
                </span>
              </span>
              <Amount money={row.amount} tone="flow" />
              <Button
                disabled={merge.isPending}
                aria-label={texts.join(
                  `${nameText(name)}, ${dayText(row.bookingDate, words.locale)}, ${amountText(row.amount)}`,
                )}
                onClick={() => void join(row.id)}
              >
                {words.sync.reviews.same}
              </Button>
            </li>
          )
        })}
      </ul>
      <Refusal text={refusal} />
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        {!wide && (
          <Button look="quiet" onClick={() => setWide(true)}>
            {texts.mergeWide}
          </Button>
        )}
        <Button onClick={onDone}>{texts.cancel}</Button>
      </div>
    </>
  )
}
