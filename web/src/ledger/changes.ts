import { useState } from 'react'
import {
  EditTransactionsDocument,
  type EditTransactionsMutation,
  type TransactionChangeInput,
} from '../gql/graphql'
import { useLedgerWords } from '../i18n/ledger'
import { useWords } from '../i18n/words'
import { client } from '../lib/client'
import { request } from '../lib/gql'
import { sawPosition } from '../lib/position'
import { announce } from '../ui/announce'
import { errorText } from '../ui/states'

/** What is to become of the chosen ones; what is not named stays. */
export type Change = Omit<TransactionChangeInput, 'transactionId'>

type Former = EditTransactionsMutation['editTransactions']['former'][number]

/** The most the server changes at once. */
const changesAtOnce = 200
const shown = ['transactions', 'spending', 'accounts', 'reviews', 'insights']

/** What puts a transaction back as it was. */
export function reverse(former: Former): TransactionChangeInput {
  return {
    transactionId: former.transactionId,
    ...(former.categoryChanged && { categoryId: former.categoryId }),
    ...(former.noteChanged && { note: former.note }),
    ...(former.hidden !== null && { hidden: former.hidden }),
  }
}

type Outcome = { former: Former[]; leftAlone: number; failure: unknown }

async function send(
  changes: readonly TransactionChangeInput[],
  progress: (done: number) => void,
): Promise<Outcome> {
  const outcome: Outcome = { former: [], leftAlone: 0, failure: null }
  for (let first = 0; first < changes.length; first += changesAtOnce) {
    const part = changes.slice(first, first + changesAtOnce)
    try {
      const { editTransactions } = await request(EditTransactionsDocument, { changes: part })
      sawPosition(editTransactions.position)
      outcome.former.push(...editTransactions.former)
      outcome.leftAlone += editTransactions.leftAlone.length
    } catch (failure) {
      return { ...outcome, failure }
    }
    progress(first + part.length)
  }
  return outcome
}

export type Message = { text: string; former: readonly Former[] }

/** Changes many transactions, tells how it went, and keeps what they were until the next change. */
export function useChanges() {
  const words = useWords()
  const ledgerWords = useLedgerWords()
  const texts = ledgerWords.choose
  const [running, setRunning] = useState<{ done: number; all: number } | null>(null)
  const [message, setMessage] = useState<Message | null>(null)
  const say = (next: Message) => {
    setMessage(next)
    announce(next.text)
  }

  const run = async (changes: readonly TransactionChangeInput[], undoing: boolean) => {
    setMessage(null)
    setRunning({ done: 0, all: changes.length })
    const outcome = await send(changes, (done) => setRunning({ done, all: changes.length }))
    setRunning(null)
    await Promise.all(shown.map((topic) => client.invalidateQueries({ queryKey: [topic] })))
    const changed = words.common.transactions(outcome.former.length)
    const left = outcome.leftAlone > 0 && texts.left(words.common.transactions(outcome.leftAlone))
    if (outcome.failure) {
      say({ text: `${errorText(words, outcome.failure as Error)} ${texts.half}`, former: outcome.former })
    } else if (undoing) {
      say({ text: texts.undone, former: [] })
    } else {
      const done = outcome.former.length > 0 ? texts.done(changed) : left ? '' : texts.nothing
      say({ text: [done, left].filter(Boolean).join(' '), former: outcome.former })
    }
  }

  return {
    running,
    message,
    apply: (ids: readonly string[], change: Change) =>
      run(
        ids.map((transactionId) => ({ transactionId, ...change })),
        false,
      ),
    undo: () => (message && message.former.length > 0 ? run(message.former.map(reverse), true) : undefined),
    dismiss: () => setMessage(null),
  }
}
