import { useQuery } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { accountsOptions } from '../../queries/options'
import { Button, ButtonLink } from '../../ui/button'
import { Card, Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'
import {
  type Answer,
  bring,
  contentOf,
  type Imported,
  keepMapping,
  keptMapping,
  largestFile,
  type Mapping,
  type Problem,
} from './bring'
import { BroughtFiles } from './brought'
import { MappingCard } from './mapping'
import { PreviewCard } from './preview'
import { asNamed, type Choice, SourceCard } from './source'

type Brought = { name: string; content: string }

/** Keeps asking about one file as the person changes how it is to be read; the last answer counts. */
function useImport() {
  const [file, setFile] = useState<Brought | null>(null)
  const [choice, setChoice] = useState<Choice>(asNamed)
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [busy, setBusy] = useState<'looking' | 'importing' | null>(null)
  const asked = useRef(0)

  const ask = useCallback(
    async (
      brought: Brought,
      to: Choice,
      mapping: Mapping | undefined,
      more: { confirm?: boolean; despiteBalance?: boolean },
    ) => {
      const turn = ++asked.current
      setBusy(more.confirm ? 'importing' : 'looking')
      const wish = {
        content: brought.content,
        fileName: brought.name,
        mapping,
        currency: to.currency || undefined,
        accountId: to.accountId || undefined,
        newAccount: to.newName.trim() || undefined,
        ...more,
      }
      let told = await bring(wish)
      const kept = !mapping && told.table ? keptMapping(told.table.headings) : null
      if (kept && !more.confirm) {
        const again = await bring({ ...wish, mapping: kept })
        // What was kept may not fit this file after all.
        if (again.problem?.code !== ('malformed' as string)) told = again
      }
      if (turn !== asked.current) return
      setAnswer(told)
      setBusy(null)
      if (told.imported) {
        if (told.table) keepMapping(told.table)
        client.invalidateQueries()
      }
    },
    [],
  )

  return { file, setFile, choice, setChoice, answer, setAnswer, busy, ask }
}

export function Importing() {
  const words = useWords()
  const accounts = useQuery(accountsOptions)
  const { file, setFile, choice, setChoice, answer, setAnswer, busy, ask } = useImport()
  const [tooLarge, setTooLarge] = useState(false)
  const mapping = answer?.table?.mapping

  const take = async (chosen: File) => {
    setTooLarge(chosen.size > largestFile)
    setAnswer(null)
    if (chosen.size > largestFile) return setFile(null)
    const brought = { name: chosen.name, content: await contentOf(chosen) }
    setFile(brought)
    await ask(brought, choice, undefined, {})
  }
  const choose = (to: Choice) => {
    setChoice(to)
    if (file) ask(file, to, mapping, {})
  }
  const remap = (changed: Mapping) => {
    if (file) ask(file, choice, changed, {})
  }
  const confirm = (despiteBalance: boolean) => {
    if (file) ask(file, choice, mapping, { confirm: true, despiteBalance })
  }

  return (
    <Page title={words.importing.title} lead={words.importing.intro}>
      <div className="flex flex-col gap-4">
        {answer?.imported ? (
          <Done
            imported={answer.imported}
            another={() => {
              setFile(null)
              setAnswer(null)
            }}
          />
        ) : (
          <>
            <SourceCard
              file={file?.name ?? null}
              accounts={accounts.data ?? []}
              choice={choice}
              needsCurrency={answer?.problem?.code === 'no_currency' || choice.currency !== ''}
              onFile={take}
              onChoice={choose}
            />
            {tooLarge && <p role="alert">{words.importing.tooLarge}</p>}
            {busy && !answer && <Skeleton rows={2} height={120} />}
            {answer?.problem && <Broken problem={answer.problem} />}
            {answer?.table && <MappingCard table={answer.table} busy={busy !== null} onChange={remap} />}
            {answer?.preview?.accounts.map((account) => (
              <PreviewCard key={`${account.identifier} ${account.currency}`} account={account} />
            ))}
            {answer?.preview && (
              <Confirm accounts={answer.preview.accounts} busy={busy} onConfirm={confirm} />
            )}
          </>
        )}
        <BroughtFiles />
      </div>
      <p role="status" className="sr-only">
        {busy === 'looking' && words.importing.reading}
        {busy === 'importing' && words.importing.importing}
      </p>
    </Page>
  )
}

function Broken({ problem }: { problem: Problem }) {
  const words = useWords()
  const text = words.importing.problem[problem.code] ?? words.importing.problem.internal
  return (
    <div role="alert" className="card flex flex-col gap-2 p-4 sm:p-6">
      <h2 className="text-lg font-semibold text-negative">{words.importing.broken}</h2>
      <p>
        {problem.line ? `${words.importing.atLine(String(problem.line))}: ` : ''}
        {text}
      </p>
      <p className="text-sm text-muted">
        {words.importing.nothingStored}
        {problem.code === 'internal' && problem.requestId && (
          <>
            {' '}
            {words.error.requestId}: <code className="font-mono break-all">{problem.requestId}</code>
          </>
        )}
      </p>
    </div>
  )
}

type ConfirmProps = {
  accounts: NonNullable<Answer['preview']>['accounts']
  busy: 'looking' | 'importing' | null
  onConfirm: (despite: boolean) => void
}

function Confirm({ accounts, busy, onConfirm }: ConfirmProps) {
  const words = useWords()
  const [despite, setDespite] = useState(false)
  const breaks = accounts.some((account) => account.check === 'breaks')
  const fresh = accounts.reduce((sum, account) => sum + account.new + account.doubtful + account.settles, 0)
  return (
    <div className="flex flex-wrap items-center gap-4">
      {breaks && (
        <label className="flex min-h-11 items-center gap-3">
          <input
            type="checkbox"
            checked={despite}
            onChange={(event) => setDespite(event.target.checked)}
            className="size-5 shrink-0 accent-accent"
          />
          {words.importing.despite}
        </label>
      )}
      <Button
        look="primary"
        disabled={busy !== null || (breaks && !despite)}
        onClick={() => onConfirm(despite)}
      >
        {busy === 'importing'
          ? words.importing.importing
          : fresh > 0
            ? words.importing.confirm(words.common.transactions(fresh))
            : words.importing.confirmNothing}
      </Button>
    </div>
  )
}

function Done({ imported, another }: { imported: Imported; another: () => void }) {
  const words = useWords()
  const [account] = imported.accounts
  const text = imported.before
    ? words.importing.before
    : words.importing.doneText(words.common.transactions(imported.new), imported.doubtful)
  return (
    <Card title={words.importing.done}>
      <p role="status">{text}</p>
      <div className="mt-4 flex flex-wrap gap-2">
        {account && (
          <ButtonLink to="/accounts/$accountId" params={{ accountId: account }} look="primary">
            {words.importing.toAccount}
          </ButtonLink>
        )}
        {imported.doubtful > 0 && <ButtonLink to="/reviews">{words.importing.toReviews}</ButtonLink>}
        <Button onClick={another}>{words.importing.another}</Button>
      </div>
    </Card>
  )
}
