import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ShareAccountDocument, type SharingsQuery, UnshareAccountDocument } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { client } from '../lib/client'
import { request } from '../lib/gql'
import { sawPosition } from '../lib/position'
import { usePreferences } from '../lib/preferences'
import { accountsOptions, meOptions } from '../queries/options'
import { sharingsOptions } from '../queries/running'
import { Amount } from '../ui/amount'
import { Button } from '../ui/button'
import { Field } from '../ui/field'
import { Name, useAccountText, useNameText } from '../ui/name'
import { Card } from '../ui/page'
import { Failure } from '../ui/states'

function changed(position: string) {
  sawPosition(position)
  client.invalidateQueries({ queryKey: sharingsOptions.queryKey })
}

/** Accounts that people of one household let each other see. */
export function SharingCard() {
  const words = useWords()
  const text = words.running.sharing
  const me = useQuery(meOptions)
  const sharings = useQuery(sharingsOptions)
  return (
    <Card title={text.title}>
      <p className="text-muted">{text.text}</p>
      {me.data && (
        <p className="mt-3">
          {text.identifier}: <code className="font-mono text-sm break-all select-all">{me.data.id}</code>
          <span className="block text-sm text-muted">{text.identifierText}</span>
        </p>
      )}
      {sharings.isError && <Failure error={sharings.error} retry={() => sharings.refetch()} />}
      {sharings.data && (
        <>
          <Mine shared={sharings.data.mySharings} />
          <Theirs accounts={sharings.data.sharedWithMe} />
        </>
      )}
    </Card>
  )
}

function Mine({ shared }: { shared: SharingsQuery['mySharings'] }) {
  const words = useWords()
  const text = words.running.sharing
  const accounts = useQuery(accountsOptions)
  const nameText = useNameText()
  const nameOf = (id: string) => nameText(accounts.data?.find((account) => account.id === id)?.name ?? id)
  const stop = useMutation({
    mutationFn: (sharing: { accountId: string; with: string }) => request(UnshareAccountDocument, sharing),
    onSuccess: ({ unshareAccount }) => changed(unshareAccount.position),
  })
  return (
    <>
      {shared.length === 0 && <p className="mt-3">{text.nothing}</p>}
      <ul className="mt-3">
        {shared.map(({ accountId, with: person }) => (
          <li
            key={`${accountId} ${person}`}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-2"
          >
            <span className="min-w-0">
              {nameOf(accountId)}
              <span className="block text-sm break-all text-muted">{text.withPerson(person)}</span>
            </span>
            <Button
              look="quiet"
              aria-label={text.stopFor(nameOf(accountId))}
              disabled={stop.isPending}
              onClick={() => stop.mutate({ accountId, with: person })}
            >
              {text.stop}
            </Button>
          </li>
        ))}
      </ul>
      {stop.isError && <Failure error={stop.error} />}
      {accounts.data && accounts.data.length > 0 && <Share accounts={accounts.data} />}
    </>
  )
}

function Share({ accounts }: { accounts: readonly { id: string; name: string; bank: { name: string } }[] }) {
  const words = useWords()
  const { namesHidden } = usePreferences()
  const accountText = useAccountText()
  const text = words.running.sharing
  const [accountId, setAccountId] = useState(accounts[0]?.id ?? '')
  const [person, setPerson] = useState('')
  const share = useMutation({
    mutationFn: () => request(ShareAccountDocument, { accountId, with: person.trim() }),
    onSuccess: ({ shareAccount }) => {
      changed(shareAccount.position)
      setPerson('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    share.mutate()
  }
  return (
    <form onSubmit={submit} className="mt-3 grid gap-4 border-t border-line pt-4 sm:grid-cols-2">
      <Field label={text.account}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={accountId}
            onChange={(event) => setAccountId(event.target.value)}
          >
            {accounts.map((account, place) => (
              <option key={account.id} value={account.id}>
                {namesHidden ? accountText(account, place) : account.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={text.with} hint={text.withHint}>
        {(ids) => (
          <input
            {...ids}
            className="control font-mono"
            value={person}
            required
            maxLength={36}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setPerson(event.target.value)}
          />
        )}
      </Field>
      <div className="sm:col-span-2">
        <Button type="submit" disabled={share.isPending}>
          {text.share}
        </Button>
        <p role="alert" className={share.isError ? 'mt-2 text-negative' : 'sr-only'}>
          {share.isError && words.running.invalid}
        </p>
      </div>
    </form>
  )
}

function Theirs({ accounts }: { accounts: SharingsQuery['sharedWithMe'] }) {
  const words = useWords()
  const text = words.running.sharing
  if (accounts.length === 0) return null
  return (
    <section className="mt-5 border-t border-line pt-4">
      <h3 className="font-medium">{text.theirs}</h3>
      <ul className="mt-2 flex flex-col gap-3">
        {accounts.map(({ id, account, transactions }) => (
          <li key={id} className="flex flex-wrap items-baseline justify-between gap-x-4">
            <span className="min-w-0">
              <Name>{account?.name ?? id}</Name>
              <span className="block text-sm text-muted">{text.transactions(transactions.length)}</span>
            </span>
            {account?.booked && <Amount money={account.booked} tone="balance" className="font-medium" />}
          </li>
        ))}
      </ul>
    </section>
  )
}
