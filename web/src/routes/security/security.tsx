import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  AddPasskeyDocument,
  BeginCodesDocument,
  type BeginCodesMutation,
  BeginPasskeyDocument,
  ConfirmCodesDocument,
  RemoveCodesDocument,
  RemovePasskeyDocument,
  type SecurityQuery,
  type SecurityStatus,
} from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { instantDayText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { canUsePasskeys, makePasskey } from '../../lib/passkey'
import { meOptions } from '../../queries/options'
import { securityOptions } from '../../queries/security'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

const changed = () => client.invalidateQueries({ queryKey: securityOptions.queryKey })

/** What a change came to, where it is not simply done. */
function Outcome({ status }: { status: SecurityStatus | null | undefined }) {
  const words = useWords()
  const text = status && status !== 'DONE' ? words.security[status] : null
  return (
    <p role="alert" className={text ? 'mt-2 text-negative' : 'sr-only'}>
      {text}
    </p>
  )
}

export function SecurityCard() {
  const words = useWords()
  const security = useQuery(securityOptions)
  return (
    <Card title={words.security.title}>
      <Awaited of={security} rows={2} height={48} />
      {security.data && (
        <div className="grid gap-8 sm:grid-cols-2">
          <Passkeys passkeys={security.data.passkeys} />
          <Codes on={security.data.codes} />
        </div>
      )}
    </Card>
  )
}

function Passkeys({ passkeys }: { passkeys: SecurityQuery['security']['passkeys'] }) {
  const words = useWords()
  const me = useQuery(meOptions)
  const add = useMutation({
    mutationFn: async (): Promise<SecurityStatus> => {
      const { beginPasskey } = await request(BeginPasskeyDocument, {})
      const passkey = await makePasskey(beginPasskey, me.data?.email ?? '')
      if (!passkey) return 'REFUSED'
      return (await request(AddPasskeyDocument, { passkey })).addPasskey.status
    },
    onSettled: changed,
  })
  const remove = useMutation({
    mutationFn: (id: string) => request(RemovePasskeyDocument, { id }),
    onSettled: changed,
  })
  return (
    <section>
      <h3 className="font-medium">{words.security.passkeys}</h3>
      <p className="text-muted">{words.security.passkeysText}</p>
      {passkeys.length === 0 && <p className="mt-2">{words.security.noPasskeys}</p>}
      <ul className="mt-2">
        {passkeys.map(({ id, createdAt, usedAt }) => {
          const day = instantDayText(createdAt, words.locale)
          return (
            <li
              key={id}
              className="flex flex-wrap items-center justify-between gap-2 border-t border-line py-2"
            >
              <span>
                {words.security.added(day)}
                {usedAt && `, ${words.security.used(instantDayText(usedAt, words.locale))}`}
              </span>
              <Button
                look="quiet"
                aria-label={words.security.removeFor(day)}
                disabled={remove.isPending}
                onClick={() => remove.mutate(id)}
              >
                {words.security.remove}
              </Button>
            </li>
          )
        })}
      </ul>
      {canUsePasskeys() ? (
        <Button className="mt-2" disabled={add.isPending} onClick={() => add.mutate()}>
          {words.security.addPasskey}
        </Button>
      ) : (
        <p className="mt-2 text-muted">{words.security.notHere}</p>
      )}
      <Outcome status={add.isError ? 'REFUSED' : add.data} />
    </section>
  )
}

function Codes({ on }: { on: boolean }) {
  const words = useWords()
  const [begun, setBegun] = useState<BeginCodesMutation['beginCodes'] | null>(null)
  const [recovery, setRecovery] = useState<readonly string[] | null>(null)
  const begin = useMutation({
    mutationFn: () => request(BeginCodesDocument, {}),
    onSuccess: (answer) => setBegun(answer.beginCodes),
  })
  const confirm = useMutation({
    mutationFn: (code: string) =>
      request(ConfirmCodesDocument, { code }).then((answer) => answer.confirmCodes),
    onSuccess: ({ status, recoveryCodes }) => {
      if (status !== 'DONE') return
      setRecovery(recoveryCodes ?? [])
      setBegun(null)
      changed()
    },
  })
  const remove = useMutation({
    mutationFn: (code: string) => request(RemoveCodesDocument, { code }).then((answer) => answer.removeCodes),
    onSuccess: changed,
  })
  return (
    <section>
      <h3 className="font-medium">{words.security.codes}</h3>
      <p className="text-muted">{on ? words.security.codesOn : words.security.codesText}</p>
      {recovery && <Recovery codes={recovery} onKept={() => setRecovery(null)} />}
      {!on && !begun && (
        <Button className="mt-2" disabled={begin.isPending} onClick={() => begin.mutate()}>
          {words.security.beginCodes}
        </Button>
      )}
      {begun && (
        <div className="mt-2">
          <p>{words.security.typeSecret}</p>
          <p className="my-2 font-mono break-all select-all">{begun.secret}</p>
          <a className="text-accent underline" href={begun.address}>
            {words.security.openApp}
          </a>
          <CodeForm
            label={words.security.firstCode}
            action={words.security.confirm}
            busy={confirm.isPending}
            onCode={(code) => confirm.mutate(code)}
          />
          <Outcome status={confirm.data?.status} />
        </div>
      )}
      {on && !recovery && (
        <>
          <CodeForm
            label={words.security.codeToRemove}
            action={words.security.removeCodes}
            busy={remove.isPending}
            onCode={(code) => remove.mutate(code)}
          />
          <Outcome status={remove.data?.status} />
        </>
      )}
    </section>
  )
}

function Recovery({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const words = useWords()
  return (
    <div role="status" className="mt-2">
      <p className="font-medium">{words.security.recovery}</p>
      <p className="text-muted">{words.security.recoveryText}</p>
      <ul className="my-2 grid gap-1 font-mono text-sm select-all">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Button onClick={onKept}>{words.security.kept}</Button>
    </div>
  )
}

type CodeFormProps = { label: string; action: string; busy: boolean; onCode: (code: string) => void }

export function CodeForm({ label, action, busy, onCode }: CodeFormProps) {
  const [code, setCode] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (code.trim()) onCode(code.trim())
  }
  return (
    <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-2">
      <Field label={label}>
        {(ids) => (
          <input
            {...ids}
            className="control font-mono"
            value={code}
            maxLength={40}
            autoComplete="one-time-code"
            spellCheck={false}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" disabled={busy}>
        {action}
      </Button>
    </form>
  )
}
