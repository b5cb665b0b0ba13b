import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { AcceptNewerRulesDocument, type NewerRulesQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { Reasons } from '../../ledger/reasons'
import { client } from '../../lib/client'
import { shortDayText } from '../../lib/dates'
import { changedByEdits } from '../../lib/edits'
import { request } from '../../lib/gql'
import { sawPosition } from '../../lib/position'
import { newerRulesOptions } from '../../queries/options'
import { Amount } from '../../ui/amount'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Name } from '../../ui/name'
import { Card } from '../../ui/page'
import { Refusal } from '../../ui/refusal'
import { errorText } from '../../ui/states'

type Newer = NewerRulesQuery['newerRules']
type Change = Newer['changes'][number]
type Row = Change['rows'][number]

/** What newer rules would change in the past: looked at first, and made so only when it is accepted. */
export function NewerRules() {
  const words = useWords()
  const { newer: texts } = words.sync
  const [open, setOpen] = useState(false)
  const found = useQuery(newerRulesOptions)
  const accept = useMutation({
    mutationFn: (digest: string) => request(AcceptNewerRulesDocument, { digest }),
    onSuccess: ({ acceptNewerRules: { status, changes, position } }) => {
      sawPosition(position)
      announce(status === 'ACCEPTED' ? texts.accepted(changes) : texts.movedOn)
      for (const topic of changedByEdits) client.invalidateQueries({ queryKey: [topic] })
    },
    onError: (error) => announce(errorText(words, error)),
  })
  const newer = found.data
  const said = accept.data?.acceptNewerRules
  if (said?.status === 'ACCEPTED' && newer?.state !== 'DONE') {
    return (
      <p role="status" className="card p-4 font-medium">
        {texts.accepted(said.changes)}
      </p>
    )
  }
  if (newer?.state === 'UNDER_WAY') {
    return <p className="text-sm text-muted">{texts.looking(newer.accountsDone, newer.accounts)}</p>
  }
  if (newer?.state !== 'DONE' || newer.totalCount === 0 || !newer.digest) return null
  const { digest, totalCount, changes, keptCount } = newer
  const refusal = said?.status === 'MOVED_ON' ? texts.movedOn : accept.error && errorText(words, accept.error)
  return (
    <Card title={texts.title(totalCount)}>
      <p className="text-muted">{texts.intro}</p>
      {open && (
        <ol className="mt-4 divide-y divide-line border-y border-line">
          {changes.map((change, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list is one look, and never changes within it
            <li key={index} className="py-3">
              <OneChange change={change} />
            </li>
          ))}
        </ol>
      )}
      {open && totalCount > changes.length && (
        <p className="mt-2 text-sm text-muted">{texts.more(totalCount - changes.length)}</p>
      )}
      {open && keptCount > 0 && <p className="mt-2 text-sm text-muted">{texts.kept(keptCount)}</p>}
      <Refusal text={refusal || null} />
      <div className="mt-4 flex flex-wrap gap-2">
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? texts.hide : texts.look}
        </Button>
        {open && (
          <Button look="primary" disabled={accept.isPending} onClick={() => accept.mutate(digest)}>
            {texts.accept}
          </Button>
        )}
      </div>
    </Card>
  )
}

function OneChange({ change }: { change: Change }) {
  const { newer: texts } = useWords().sync
  return (
    <>
      <h3 className="font-medium">{texts.kind[change.kind]}</h3>
      <ul className="mt-1 flex flex-col gap-2">
        {change.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row that is not counted yet has no identifier
          <li key={index}>
            <OneRow row={row} />
          </li>
        ))}
      </ul>
      <div className="mt-2 text-sm text-muted">
        <Reasons reasons={change.reasons} />
      </div>
    </>
  )
}

function OneRow({ row }: { row: Row }) {
  const words = useWords()
  const { newer: texts } = words.sync
  const { before, now, edited, transaction } = row
  const name = now.counterparty ?? now.text
  const same = before.standing === now.standing
  return (
    <div>
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="text-muted">{shortDayText(now.bookingDate, words.locale)}</span>
        {transaction ? (
          <Link
            to="/transactions"
            search={{ tx: transaction.id }}
            className="inline-flex min-h-6 items-center underline decoration-line underline-offset-4"
          >
            <Name>{name}</Name>
          </Link>
        ) : (
          <Name>{name}</Name>
        )}
        <Amount money={now.amount} />
      </p>
      <p className="text-sm text-muted">
        {same
          ? texts.saysOtherwise
          : texts.becomes(texts.standing[before.standing], texts.standing[now.standing])}
        {edited && ` ${texts.edited}`}
      </p>
    </div>
  )
}
