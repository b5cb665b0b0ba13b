import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Printer } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useStatementWords } from '../../i18n/statement'
import { useWords } from '../../i18n/words'
import { instantText, longDayText, monthText, thisMonth, today } from '../../lib/dates'
import { usePreferences } from '../../lib/preferences'
import { accountsOptions } from '../../queries/options'
import { statementOptions, statementRowsOptions } from '../../queries/statement'
import { Amount } from '../../ui/amount'
import { Button, ButtonLink } from '../../ui/button'
import { DemoMark } from '../../ui/demo'
import { Field } from '../../ui/field'
import { MonthPicker } from '../../ui/month-picker'
import { Name, useAccountText } from '../../ui/name'
import { Page } from '../../ui/page'
import { Empty, Failure, Skeleton } from '../../ui/states'
import { groupedIdentifier } from '../accounts/identifier'
import { printWith } from './print'
import { type Part, partsOf, type Statement } from './rows'
import { Rows } from './table'

const AskBeforePrint = lazy(() => import('./ask'))

/** A month of one account, as it is printed. */
export function StatementPage() {
  const words = useWords()
  const texts = useStatementWords()
  const search = useSearch({ from: '/app/statement' })
  const navigate = useNavigate({ from: '/statement' })
  const accounts = useQuery(accountsOptions)
  const accountText = useAccountText()
  const account = search.account ?? accounts.data?.[0]?.id
  const month = search.month ?? thisMonth()
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: (former) => ({ ...former, part: undefined, ...changed }), replace: true })
  if (accounts.isError) {
    return (
      <Page title={texts.title}>
        <Failure error={accounts.error} retry={() => accounts.refetch()} />
      </Page>
    )
  }
  if (accounts.data?.length === 0) {
    return (
      <Page title={texts.title}>
        <Empty title={texts.noAccounts} text={texts.noAccountsText}>
          <ButtonLink to="/connect" look="primary">
            {words.common.connectBank}
          </ButtonLink>
        </Empty>
      </Page>
    )
  }
  return (
    <Page title={texts.of(monthText(month, words.locale))} actions={<PrintButton />}>
      <div className="screen-only mb-6 flex flex-wrap items-end gap-4">
        <div className="w-72 max-w-full">
          <Field label={texts.account}>
            {(ids) => (
              <select
                {...ids}
                className="control"
                value={account ?? ''}
                onChange={(event) => change({ account: event.target.value })}
              >
                {accounts.data?.map((account, place) => (
                  <option key={account.id} value={account.id}>
                    {accountText(account, place)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <MonthPicker month={month} onChange={(next) => change({ month: next })} />
      </div>
      {account ? (
        <OfMonth
          key={`${account} ${month}`}
          account={account}
          month={month}
          part={Number(search.part ?? 0)}
          onPart={(part) => change({ part: String(part) })}
        />
      ) : (
        <Skeleton rows={5} height={44} />
      )}
    </Page>
  )
}

/** Prints; where something is hidden it asks first. */
function PrintButton() {
  const texts = useStatementWords()
  const { amountsHidden, namesHidden } = usePreferences()
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button
        look="primary"
        className="screen-only"
        onClick={() => (amountsHidden || namesHidden ? setAsking(true) : window.print())}
      >
        <Printer size={16} aria-hidden="true" />
        {texts.print}
      </Button>
      {asking && (
        <Suspense>
          <AskBeforePrint
            onAnswer={(shown) => {
              setAsking(false)
              if (shown !== null) printWith(shown)
            }}
          />
        </Suspense>
      )}
    </>
  )
}

type OfMonthProps = { account: string; month: string; part: number; onPart: (part: number) => void }

function OfMonth({ account, month, part, onPart }: OfMonthProps) {
  const statement = useQuery(statementOptions(account, month))
  const { data } = statement
  if (statement.isError) return <Failure error={statement.error} retry={() => statement.refetch()} />
  if (statement.isPending) return <Skeleton rows={8} height={36} />
  if (!data?.statement) return <Missing />
  const parts = partsOf(month, data.statement.to, data.rows)
  const chosen = parts[Math.min(part, parts.length - 1)] ?? parts[0]
  return (
    <>
      {parts.length > 1 && <Parts parts={parts} rows={data.rows} part={part} onPart={onPart} />}
      {chosen && <Sheet statement={data.statement} month={month} part={chosen} signed={data.signed} />}
    </>
  )
}

function Missing() {
  const words = useWords()
  return <Empty title={words.accounts.notFound} text={words.accounts.notFoundText} />
}

type PartsProps = { parts: readonly Part[]; rows: number; part: number; onPart: (part: number) => void }

function Parts({ parts, rows, part, onPart }: PartsProps) {
  const words = useWords()
  const texts = useStatementWords()
  return (
    <div className="screen-only mb-6">
      <p className="mb-2">{texts.weeks(words.common.transactions(rows))}</p>
      <div className="w-72 max-w-full">
        <Field label={texts.part}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={part}
              onChange={(event) => onPart(Number(event.target.value))}
            >
              {parts.map(({ from, to }, index) => (
                <option key={from} value={index}>
                  {texts.partDays(longDayText(from, words.locale), longDayText(to, words.locale))}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
    </div>
  )
}

type SheetProps = {
  statement: Statement
  month: string
  part: Part
  signed: { origin: string; size: string; root: string } | null
}

function Sheet({ statement, month, part, signed }: SheetProps) {
  const words = useWords()
  const texts = useStatementWords()
  const { account } = statement
  const opening = statement.opening
  const rows = useQuery(statementRowsOptions(account.id, month, part, opening))
  const ended = part.to < today()
  return (
    <article aria-label={texts.of(monthText(month, words.locale))}>
      <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-2 print:grid-cols-2">
        <Fact name={texts.account}>
          <Name>{account.name}</Name>
        </Fact>
        <Fact name={texts.bank}>
          <Name>{account.bank.name}</Name> {account.bank.demo && <DemoMark />}
        </Fact>
        <Fact name={texts.number}>
          <Name className="amount">{groupedIdentifier(account.identifier)}</Name>
        </Fact>
        {account.owner && (
          <Fact name={texts.owner}>
            <Name>{account.owner}</Name>
          </Fact>
        )}
        <Fact name={texts.opening}>
          {rows.data?.opening ? <Amount money={rows.data.opening} tone="balance" /> : opening ? '…' : '–'}
        </Fact>
        <Fact name={ended ? texts.closing : texts.soFar}>
          {rows.data?.closing ? (
            <Amount money={rows.data.closing} tone="balance" />
          ) : opening && rows.isPending ? (
            '…'
          ) : (
            '–'
          )}
        </Fact>
      </dl>
      {!opening && <p className="mt-2 text-muted">{texts.unknown}</p>}
      {rows.isError && <Failure error={rows.error} retry={() => rows.refetch()} />}
      {rows.isPending && (
        <div className="mt-6">
          <Skeleton rows={8} height={36} />
        </div>
      )}
      {rows.data?.lines === null && <p className="mt-6">{texts.tooMany}</p>}
      {rows.data?.lines?.length === 0 && <p className="mt-6 text-muted">{texts.empty}</p>}
      {rows.data?.lines && rows.data.lines.length > 0 && <Rows lines={rows.data.lines} />}
      {!rows.isPending && <Foot statement={statement} signed={signed} />}
    </article>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-4 border-b border-line py-1">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 grow text-right break-words font-medium">{children}</dd>
    </div>
  )
}

/** Which state of the log the sheet stands for, so that it can be checked later. */
function Foot({ statement, signed }: Pick<SheetProps, 'statement' | 'signed'>) {
  const words = useWords()
  const texts = useStatementWords()
  const { position, recordedAt } = statement.knownAt
  return (
    <section
      aria-labelledby="log-state"
      className="mt-8 break-inside-avoid border-t border-control pt-3 text-sm"
    >
      <h2 id="log-state" className="font-semibold">
        {texts.ofLog}
      </h2>
      <p>
        {texts.position(position)}
        {recordedAt && texts.recorded(instantText(recordedAt, words.locale))}.
      </p>
      {signed ? (
        <p>
          {texts.signed(signed.size, signed.origin)}{' '}
          <span className="font-mono break-all">{signed.root}</span>
        </p>
      ) : (
        <p>{texts.notSigned}</p>
      )}
      <p className="text-muted">{texts.how}</p>
      <p className="text-muted">{texts.made(instantText(new Date().toISOString(), words.locale))}</p>
    </section>
  )
}
