import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { SignOutDocument } from '../gql/graphql'
import { languages, useWords } from '../i18n/words'
import { client } from '../lib/client'
import { instantDayText, longDayText } from '../lib/dates'
import { request } from '../lib/gql'
import { changePreferences, type Language, type Theme, usePreferences } from '../lib/preferences'
import { meOptions } from '../queries/options'
import { Amount } from '../ui/amount'
import { Button } from '../ui/button'
import { Field } from '../ui/field'
import { Card, Page } from '../ui/page'
import { Failure } from '../ui/states'
import { ProgramsCard } from './programs/programs'
import { Readings } from './readings'
import { SecurityCard } from './security/security'
import { SharingCard } from './sharing'

const example = { minor: '-123456', currency: 'EUR' }

export function Settings() {
  const words = useWords()
  return (
    <Page title={words.settings.title}>
      <div className="flex flex-col gap-6">
        <Appearance />
        <Amounts />
        <Keyboard />
        <SecurityCard />
        <SharingCard />
        <ProgramsCard />
        <Readings />
        <You />
      </div>
    </Page>
  )
}

function Appearance() {
  const words = useWords()
  const { language, theme } = usePreferences()
  return (
    <Card title={words.settings.appearance}>
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label={words.settings.language}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={language}
              onChange={(event) => changePreferences({ language: event.target.value as Language })}
            >
              {Object.entries(languages).map(([code, name]) => (
                <option key={code} value={code} lang={code}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={words.settings.theme}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={theme}
              onChange={(event) => changePreferences({ theme: event.target.value as Theme })}
            >
              {Object.entries(words.settings.themes).map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <p className="mt-4 text-sm text-muted">
        {words.settings.preview}: <Amount money={example} className="text-ink" /> ·{' '}
        {longDayText(new Date().toISOString().slice(0, 10), words.locale)}
      </p>
    </Card>
  )
}

type SwitchProps = { label: string; text: ReactNode; on: boolean; onChange: (on: boolean) => void }

function Switch({ label, text, on, onChange }: SwitchProps) {
  return (
    <label className="flex min-h-11 items-start gap-3">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-5 shrink-0 accent-accent"
      />
      <span>
        <span className="block font-medium">{label}</span>
        <span className="text-muted">{text}</span>
      </span>
    </label>
  )
}

function Amounts() {
  const words = useWords()
  const { amountsHidden } = usePreferences()
  return (
    <Card title={words.settings.amounts}>
      <Switch
        label={words.settings.hidden}
        text={words.settings.hiddenText}
        on={amountsHidden}
        onChange={(on) => changePreferences({ amountsHidden: on })}
      />
    </Card>
  )
}

function Keyboard() {
  const words = useWords()
  const { singleKeys } = usePreferences()
  return (
    <Card title={words.settings.keyboard}>
      <Switch
        label={words.settings.singleKeys}
        text={words.settings.singleKeysText}
        on={singleKeys}
        onChange={(on) => changePreferences({ singleKeys: on })}
      />
      <table className="mt-4 w-full">
        <thead className="text-left text-sm text-muted">
          <tr>
            <th scope="col" className="w-36 pb-1 font-medium">
              {words.settings.keyColumn}
            </th>
            <th scope="col" className="pb-1 font-medium">
              {words.settings.doesColumn}
            </th>
          </tr>
        </thead>
        <tbody>
          {words.settings.keys.map(([key, does]) => (
            <tr key={key} className="border-t border-line">
              <th scope="row" className="py-2 text-left font-normal">
                <kbd className="font-mono text-sm">{key}</kbd>
              </th>
              <td className="py-2">{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function You() {
  const words = useWords()
  const navigate = useNavigate()
  const me = useQuery(meOptions)
  const signOut = useMutation({
    mutationFn: () => request(SignOutDocument, {}),
    onSuccess: async () => {
      await navigate({ to: '/sign-in' })
      client.clear()
      client.setQueryData(meOptions.queryKey, null)
    },
  })
  return (
    <Card title={words.settings.you}>
      {me.data && (
        <p className="break-words">
          {words.settings.signedInAs(me.data.email)}
          <span className="block text-muted">
            {words.settings.memberSince(instantDayText(me.data.signedUpAt, words.locale))}
          </span>
        </p>
      )}
      {signOut.isError && (
        <div className="mt-4">
          <Failure error={signOut.error} />
        </div>
      )}
      <Button className="mt-4" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
        {words.settings.signOut}
      </Button>
    </Card>
  )
}
