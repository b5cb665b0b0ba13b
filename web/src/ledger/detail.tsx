import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import type { TransactionQuery } from '../gql/graphql'
import { categoryText, useWords } from '../i18n/words'
import { instantText, longDayText } from '../lib/dates'
import { reasonText } from '../lib/reason'
import { transactionOptions } from '../queries/options'
import { Amount } from '../ui/amount'
import { IconButton } from '../ui/button'
import { Modal } from '../ui/modal'
import { Name, useNameText } from '../ui/name'
import { Awaited } from '../ui/states'
import { Edits } from './edits'
import { History } from './history'
import { MergeForm } from './merge'
import { SplitForm } from './split'

type Transaction = NonNullable<TransactionQuery['transaction']>
type Form = 'split' | 'merge'

type DetailProps = { id: string; onClose: () => void; step: ((by: 1 | -1) => void) | null }

export default function Detail({ id, onClose, step }: DetailProps) {
  const words = useWords()
  const found = useQuery(transactionOptions(id))
  const [form, setForm] = useState<{ kind: Form; id: string } | null>(null)
  // A form belongs to the row it was opened for.
  const kind = form?.id === id ? form.kind : null
  const titles = {
    split: words.sync.edit.splitTitle,
    merge: words.sync.edit.mergeTitle,
  }
  return (
    <Modal title={kind ? titles[kind] : words.transactions.detail} onClose={onClose}>
      <Awaited of={found} rows={8} height={110} />
      {found.data === null && <p>{words.transactions.gone}</p>}
      {found.data && kind && <Form kind={kind} transaction={found.data} onDone={() => setForm(null)} />}
      {found.data && !kind && (
        <Steps step={step}>
          <Standing transaction={found.data} />
          <Facts transaction={found.data} />
          <Edits
            key={id}
            transaction={found.data}
            onSplit={() => setForm({ kind: 'split', id })}
            onMerge={() => setForm({ kind: 'merge', id })}
          />
          <History transaction={found.data} />
        </Steps>
      )}
    </Modal>
  )
}

type StepsProps = { step: DetailProps['step']; children: ReactNode }

/** The way to the row before and the one after, by key and by button. */
function Steps({ step, children }: StepsProps) {
  const words = useWords()
  const pressed = (event: KeyboardEvent) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select')
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key === 'ArrowRight') step?.(1)
    if (event.key === 'ArrowLeft') step?.(-1)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys repeat the two buttons below
    <div onKeyDown={pressed}>
      {children}
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
  )
}

type FormProps = { kind: Form; transaction: Transaction; onDone: () => void }

/** One of the two forms, in place of the facts; the focus goes with it. */
function Form({ kind, transaction, onDone }: FormProps) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.focus(), [])
  return (
    <div ref={box} tabIndex={-1} className="outline-none">
      {kind === 'split' ? (
        <SplitForm transaction={transaction} onDone={onDone} />
      ) : (
        <MergeForm transaction={transaction} onDone={onDone} />
      )}
    </div>
  )
}

/** What is special about a row: it is not booked, does not count, or waits for a verdict. */
function Standing({ transaction }: { transaction: Transaction }) {
  const words = useWords()
  const { why } = words.sync
  const { standing, state, missedWindows, sameAs } = transaction
  const texts = {
    COUNTED: state === 'PENDING' ? why.isPending : null,
    DOUBTED: why.isDoubted,
    WITHDRAWN: why.isWithdrawn,
    ABSORBED: why.isAbsorbed,
  }
  const lines = [texts[standing], missedWindows > 0 && standing === 'COUNTED' && why.missing(missedWindows)]
  const said = lines.filter((line) => typeof line === 'string')
  if (said.length === 0) return null
  return (
    <div className="mb-4 rounded-control bg-warn-soft p-3 text-warn">
      {said.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {standing === 'DOUBTED' && (
        <Link to="/reviews" className="inline-flex min-h-6 items-center font-medium underline">
          {why.decide}
        </Link>
      )}
      {sameAs && (
        <Link
          to="/transactions"
          search={{ tx: sameAs }}
          className="inline-flex min-h-6 items-center font-medium underline"
        >
          {why.seeOther}
        </Link>
      )}
    </div>
  )
}

function Facts({ transaction }: { transaction: Transaction }) {
  const words = useWords()
  const { locale } = words
  const mono = (text: string | null) =>
    text ? <span className="font-mono text-sm break-all">{text}</span> : null
  const nameText = useNameText()
  const named = (text: string | null) => text && <Name>{text}</Name>
  const facts: [string, ReactNode][] = [
    [words.transactions.counterparty, named(transaction.counterparty)],
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
        className="inline-block py-0.5 text-accent underline"
      >
        <Name>{transaction.accountName}</Name>
      </Link>,
    ],
    [
      words.transactions.original,
      transaction.originalAmount && <Amount money={transaction.originalAmount} />,
    ],
    [
      words.transactions.counterpartyIdentifier,
      mono(transaction.counterpartyIdentifier && nameText(transaction.counterpartyIdentifier)),
    ],
    [words.transactions.text, named(transaction.text)],
    [words.transactions.reference, mono(transaction.reference && nameText(transaction.reference))],
    [words.transactions.category, categoryText(words, transaction.category.id)],
    [
      words.transactions.why,
      !transaction.ownCategory && reasonText(words, transaction.categoryReason, nameText),
    ],
    [words.transactions.bankType, transaction.bankType],
    [words.transactions.archiveId, mono(transaction.archiveId)],
    [words.transactions.recorded, instantText(transaction.recordedAt, locale)],
    [words.transactions.position, mono(transaction.position)],
  ]
  return (
    <>
      <p
        className={`mb-4 text-2xl font-semibold tracking-[-0.015em] ${transaction.standing === 'WITHDRAWN' ? 'line-through' : ''}`}
      >
        <Amount money={transaction.amount} tone="flow" />
      </p>
      <dl className="grid items-baseline gap-x-4 gap-y-2 sm:grid-cols-[9rem_1fr]">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} className="sm:contents">
                <dt className="text-muted max-sm:text-sm">{name}</dt>
                <dd className="break-words">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  )
}
