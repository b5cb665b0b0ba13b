import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { languages, useWords } from '../i18n/words'
import { instantDayText, longDayText } from '../lib/dates'
import { forget } from '../lib/kept'
import { changePreferences, type Language, type Theme, usePreferences } from '../lib/preferences'
import { meOptions } from '../queries/options'
import { KeyTables } from '../shell/key-tables'
import { useSignOut } from '../shell/sign-out'
import { Amount } from '../ui/amount'
import { Button } from '../ui/button'
import { Field } from '../ui/field'
import { useNameText } from '../ui/name'
import { Card, Page } from '../ui/page'
import { Failure } from '../ui/states'
import { DemoCard } from './demo/card'
import { EraseCard } from './erasing/card'
import { ProgramsCard } from './programs/programs'
import { Readings } from './readings'
import { SecurityCard } from './security/security'
import { SharingCard } from './sharing'
import { TakingCard } from './taking/card'

const Tour = lazy(() => import('../shell/tour'))

const example = { minor: '-123456', currency: 'EUR' }

export function Settings() {
  const words = useWords()
  return (
    <Page title={words.settings.title}>
      <div className="flex flex-col gap-6">
        <Appearance />
        <Amounts />
        <Keyboard />
        <Offline />
        <DemoCard />
        <SecurityCard />
        <SharingCard />
        <ProgramsCard />
        <Readings />
        <TourAgain />
        <TakingCard />
        <You />
        <EraseCard />
      </div>
    </Page>
  )
}

function Appearance() {
  const words = useWords()
  const { language, theme, dense } = usePreferences()
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
      <div className="mt-5">
        <Switch
          label={words.settings.dense}
          text={words.settings.denseText}
          on={dense}
          onChange={(on) => changePreferences({ dense: on })}
        />
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
    <label className="mt-3 flex min-h-11 items-start gap-3 first-of-type:mt-0">
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
  const { amountsHidden, namesHidden } = usePreferences()
  return (
    <Card title={words.settings.amounts}>
      <Switch
        label={words.settings.hidden}
        text={words.settings.hiddenText}
        on={amountsHidden}
        onChange={(on) => changePreferences({ amountsHidden: on })}
      />
      <Switch
        label={words.page.privacy.names}
        text={words.page.privacy.namesText}
        on={namesHidden}
        onChange={(on) => changePreferences({ namesHidden: on })}
      />
    </Card>
  )
}

function Offline() {
  const words = useWords()
  const { keepOffline } = usePreferences()
  const texts = words.page.offline
  return (
    <Card title={texts.kept}>
      <Switch
        label={texts.keep}
        text={texts.keptText}
        on={keepOffline}
        onChange={(on) => {
          changePreferences({ keepOffline: on })
          if (!on) void forget()
        }}
      />
    </Card>
  )
}

function TourAgain() {
  const texts = useWords().page.tour
  const [open, setOpen] = useState(false)
  return (
    <Card title={texts.title}>
      <p className="text-muted">{texts.againText}</p>
      <Button className="mt-3" onClick={() => setOpen(true)}>
        {texts.again}
      </Button>
      {open && (
        <Suspense>
          <Tour onClose={() => setOpen(false)} />
        </Suspense>
      )}
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
      <div className="mt-4">
        <KeyTables />
      </div>
    </Card>
  )
}

function You() {
  const words = useWords()
  const nameText = useNameText()
  const me = useQuery(meOptions)
  const signOut = useSignOut()
  return (
    <Card title={words.settings.you}>
      {me.data && (
        <p className="break-words">
          {words.settings.signedInAs(nameText(me.data.email))}
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
