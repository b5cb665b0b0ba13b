import { FileUp } from 'lucide-react'
import { type DragEvent, useId, useState } from 'react'
import type { AccountsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { usePreferences } from '../../lib/preferences'
import { Field } from '../../ui/field'
import { useAccountText } from '../../ui/name'
import { Card } from '../../ui/page'

/** Which account a file is of, as the person says. */
export type Choice = { accountId: string; newName: string; isNew: boolean; currency: string }

export const asNamed: Choice = { accountId: '', newName: '', isNew: false, currency: '' }

const currencies = ['EUR', 'SEK', 'NOK', 'DKK', 'GBP', 'USD', 'CHF', 'PLN', 'CZK', 'HUF', 'JPY']
const newAccount = 'new'

type SourceProps = {
  file: string | null
  accounts: AccountsQuery['accounts']
  choice: Choice
  needsCurrency: boolean
  onFile: (file: File) => void
  onChoice: (choice: Choice) => void
}

/** The file, and what it does not say of itself. */
export function SourceCard({ file, accounts, choice, needsCurrency, onFile, onChoice }: SourceProps) {
  const words = useWords()
  const { namesHidden } = usePreferences()
  const accountText = useAccountText()
  const [name, setName] = useState(choice.newName)
  return (
    <Card>
      <DropZone file={file} onFile={onFile} />
      <div className="mt-4 grid gap-4 sm:grid-cols-2">
        <Field label={words.importing.account}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={choice.isNew ? newAccount : choice.accountId}
              onChange={({ target: { value } }) =>
                onChoice(
                  value === newAccount
                    ? { ...choice, accountId: '', newName: name, isNew: true }
                    : { ...choice, accountId: value, newName: '', isNew: false },
                )
              }
            >
              <option value="">{words.importing.asNamed}</option>
              {accounts.map((account, place) => (
                <option key={account.id} value={account.id}>
                  {namesHidden ? accountText(account, place) : `${account.name} · ${account.identifier}`}
                </option>
              ))}
              <option value={newAccount}>{words.importing.newAccount}</option>
            </select>
          )}
        </Field>
        {choice.isNew && (
          <Field label={words.importing.newName}>
            {(ids) => (
              <input
                {...ids}
                className="control"
                maxLength={60}
                value={name}
                onChange={(event) => setName(event.target.value)}
                onBlur={() => name !== choice.newName && onChoice({ ...choice, newName: name })}
                onKeyDown={(event) => event.key === 'Enter' && onChoice({ ...choice, newName: name })}
              />
            )}
          </Field>
        )}
        {needsCurrency && (
          <Field label={words.importing.currency}>
            {(ids) => (
              <select
                {...ids}
                className="control"
                value={choice.currency}
                onChange={(event) => onChoice({ ...choice, currency: event.target.value })}
              >
                <option value="">{words.importing.currencyFrom}</option>
                {currencies.map((code) => (
                  <option key={code}>{code}</option>
                ))}
              </select>
            )}
          </Field>
        )}
      </div>
    </Card>
  )
}

function DropZone({ file, onFile }: { file: string | null; onFile: (file: File) => void }) {
  const words = useWords()
  const id = useId()
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const [dropped] = event.dataTransfer.files
    if (dropped) onFile(dropped)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the file field inside does the same by keyboard
    <div
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={`flex flex-col items-center gap-2 rounded-card border border-dashed px-4 py-8 text-center ${
        over ? 'border-accent bg-accent-soft' : 'border-control'
      }`}
    >
      <FileUp size={28} aria-hidden="true" className="text-muted" />
      {file ? <p className="max-w-full font-medium break-all">{file}</p> : <p>{words.importing.drop}</p>}
      <input
        id={id}
        type="file"
        className="peer sr-only"
        aria-describedby={`${id}-formats`}
        onChange={({ target }) => {
          const [chosen] = target.files ?? []
          if (chosen) onFile(chosen)
          // The same file, changed meanwhile, can be chosen again.
          target.value = ''
        }}
      />
      <label
        htmlFor={id}
        className="inline-flex min-h-9 cursor-pointer items-center rounded-control border border-control bg-surface px-3.5 py-1.5 font-medium hover:bg-inset peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus pointer-coarse:min-h-11"
      >
        {file ? words.importing.another : words.importing.choose}
      </label>
      <p id={`${id}-formats`} className="text-sm text-muted">
        {words.importing.formats}
      </p>
    </div>
  )
}
