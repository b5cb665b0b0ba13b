import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import type { TransactionQuery } from '../gql/graphql'
import { categoryText, useWords } from '../i18n/words'
import { instantText, longDayText } from '../lib/dates'
import { reasonText } from '../lib/reason'
import { transactionOptions } from '../queries/options'
import { Amount } from '../ui/amount'
import { IconButton } from '../ui/button'
import { Modal } from '../ui/modal'
import { Failure, Skeleton } from '../ui/states'

type DetailProps = { id: string; onClose: () => void; step: ((by: 1 | -1) => void) | null }

export default function Detail({ id, onClose, step }: DetailProps) {
  const words = useWords()
  const found = useQuery(transactionOptions(id))
  return (
    <Modal title={words.transactions.detail} onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys repeat the two buttons below */}
      <div
        onKeyDown={(event) => {
          if (event.key === 'ArrowRight') step?.(1)
          if (event.key === 'ArrowLeft') step?.(-1)
        }}
      >
        {found.isPending && <Skeleton rows={6} height={24} />}
        {found.isError && <Failure error={found.error} retry={() => found.refetch()} />}
        {found.data === null && <p>{words.transactions.gone}</p>}
        {found.data && <Facts transaction={found.data} />}
        {step && (
          <div className="mt-4 flex justify-between">
            <IconButton label={words.transactions.previous} onClick={() => step(-1)}>
              <ChevronLeft size={18} aria-hidden="true" />
            </IconButton>
            <IconButton label={words.transactions.following} onClick={() => step(1)}>
              <ChevronRight size={18} aria-hidden="true" />
            </IconButton>
          </div>
        )}
      </div>
    </Modal>
  )
}

function Facts({ transaction }: { transaction: NonNullable<TransactionQuery['transaction']> }) {
  const words = useWords()
  const { locale } = words
  const mono = (text: string | null) =>
    text ? <span className="font-mono text-sm break-all">{text}</span> : null
  const facts: [string, ReactNode][] = [
    [words.transactions.counterparty, transaction.counterparty],
    [words.transactions.booked, longDayText(transaction.bookingDate, locale)],
    [
      words.transactions.value,
      transaction.valueDate && transaction.valueDate !== transaction.bookingDate
        ? longDayText(transaction.valueDate, locale)
        : null,
    ],
    [
      words.transactions.account,
      <Link
        key="account"
        to="/accounts/$accountId"
        params={{ accountId: transaction.accountId }}
        className="inline-flex min-h-6 items-center text-accent underline"
      >
        {transaction.accountName}
      </Link>,
    ],
    [
      words.transactions.original,
      transaction.originalAmount && <Amount money={transaction.originalAmount} />,
    ],
    [words.transactions.counterpartyIdentifier, mono(transaction.counterpartyIdentifier)],
    [words.transactions.text, transaction.text],
    [words.transactions.reference, mono(transaction.reference)],
    [words.transactions.category, categoryText(words, transaction.category.id)],
    [words.transactions.why, reasonText(words, transaction.categoryReason)],
    [words.transactions.bankType, transaction.bankType],
    [words.transactions.archiveId, mono(transaction.archiveId)],
    [words.transactions.recorded, instantText(transaction.recordedAt, locale)],
    [words.transactions.position, mono(transaction.position)],
  ]
  return (
    <>
      <p className="mb-4 text-2xl font-semibold tracking-[-0.015em]">
        <Amount money={transaction.amount} tone="flow" />
      </p>
      <dl className="grid gap-x-4 gap-y-2 sm:grid-cols-[9rem_1fr]">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} className="sm:contents">
                <dt className="text-muted max-sm:text-sm">{name}</dt>
                <dd className="break-words ">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  )
}
