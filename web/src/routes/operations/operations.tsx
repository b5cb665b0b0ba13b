import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { RunningQuery } from '../../gql/graphql'
import { useNumberText, useWords } from '../../i18n/words'
import { clockText, instantDayText } from '../../lib/dates'
import { myRolesOptions } from '../../queries/audit'
import { givenRolesOptions, runningOptions } from '../../queries/running'
import { Badge } from '../../ui/badge'
import { Card, Page } from '../../ui/page'
import { Awaited, Empty, isOpening } from '../../ui/states'
import { alarmsOf } from './alarms'
import { GivenRoles } from './roles'

type Running = RunningQuery['running']

export function Operations() {
  const words = useWords()
  const roles = useQuery(myRolesOptions)
  const operator = roles.data?.some(({ role, stands }) => role === 'OPERATOR' && stands)
  return (
    <Page title={words.running.title} lead={words.running.lead} wide>
      <Awaited of={roles} rows={4} height={180} />
      {operator === false && <Empty title={words.running.none} text={words.running.noneText} />}
      {operator && <View />}
    </Page>
  )
}

function View() {
  const running = useQuery(runningOptions)
  // Asked for beside the other, and shown below it once that has its size.
  const given = useQuery(givenRolesOptions)
  return (
    <div className="flex flex-col gap-6">
      <Awaited of={running} rows={4} height={180} />
      {running.data && <Now running={running.data} />}
      {!isOpening(running) && <GivenRoles roles={given} />}
    </div>
  )
}

function Now({ running }: { running: Running }) {
  return (
    <>
      <Alarms running={running} />
      <div className="grid gap-6 lg:grid-cols-2">
        <Banks banks={running.banks} />
        <div className="flex flex-col gap-6">
          <Waits waiting={running.waiting} />
          <Ending ending={running.ending} at={running.at} />
        </div>
      </div>
      <Projections projections={running.log.projections} />
    </>
  )
}

function Alarms({ running }: { running: Running }) {
  const words = useWords()
  const number = useNumberText()
  const alarms = alarmsOf(words, running)
  const numbers: [string, ReactNode][] = [
    [words.running.numbers.head, running.log.head],
    [words.running.numbers.unsigned, number(running.signing.unsigned)],
    [words.running.numbers.flight, number(running.requestsInFlight)],
    [words.running.numbers.shed, number(running.requestsShed)],
  ]
  const { witnesses, witnessesKnown } = running.signing
  if (witnessesKnown > 0) numbers.push([words.running.numbers.witnesses, `${witnesses} / ${witnessesKnown}`])
  if (running.residentMebibytes != null) {
    numbers.push([words.running.numbers.memory, words.running.numbers.mebibytes(running.residentMebibytes)])
  }
  return (
    <section className="card p-4 sm:p-6">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="text-lg font-semibold">
          {alarms.length === 0 ? words.running.well : words.running.attention(alarms.length)}
        </h2>
        <p className="text-sm text-muted">{words.running.looked(clockText(running.at, words.locale))}</p>
      </div>
      {alarms.length > 0 && (
        <ul className="mt-3 flex flex-col gap-2">
          {alarms.map((alarm) => (
            <li key={alarm} className="rounded-control bg-warn-soft px-3 py-2 text-warn">
              {alarm}
            </li>
          ))}
        </ul>
      )}
      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 lg:grid-cols-6">
        {numbers.map(([name, value]) => (
          <div key={name} className="flex flex-col justify-between">
            <dt className="text-sm text-muted">{name}</dt>
            <dd className="text-lg font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Banks({ banks }: { banks: Running['banks'] }) {
  const words = useWords()
  const day = (at: string) => instantDayText(at, words.locale)
  return (
    <Card title={words.running.banks}>
      {banks.length === 0 && <p>{words.running.noBanks}</p>}
      <ul>
        {banks.map(({ bankId, ready, failedStep, heldBack, ...ends }) => (
          <li key={bankId} className="border-t border-line py-3 first:border-t-0 first:pt-0">
            <p className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{bankId}</span>
              <Badge tone={ready ? 'good' : 'bad'}>
                {ready ? words.running.ready : words.running.notReady}
              </Badge>
              {failedStep && <Badge tone="warn">{words.running.failedStep(failedStep)}</Badge>}
              {heldBack.map((endpoint) => (
                <Badge key={endpoint} tone="warn">
                  {endpoint}
                </Badge>
              ))}
            </p>
            <p className="mt-1 text-sm text-muted">
              {ends.certificatesEndAt && `${words.running.certificates} ${day(ends.certificatesEndAt)}`}
              {ends.preparedCertificatesEndAt && (
                <span className="block">
                  {`${words.running.prepared} ${day(ends.preparedCertificatesEndAt)}`}
                </span>
              )}
              <span className="block">
                {ends.secretEndsAt
                  ? `${words.running.secret} ${day(ends.secretEndsAt)}`
                  : words.running.secretForEver}
              </span>
            </p>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Waits({ waiting }: { waiting: Running['waiting'] }) {
  const words = useWords()
  const number = useNumberText()
  return (
    <Card title={words.running.waiting}>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-2">
        {waiting.map(({ what, count }) => (
          <div key={what} className="contents">
            <dt>{words.running.waits[what] ?? what}</dt>
            <dd className="text-right font-medium tabular-nums">{number(count)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

function Ending({ ending, at }: { ending: Running['ending']; at: string }) {
  const words = useWords()
  return (
    <Card title={words.running.ending}>
      {ending.length === 0 && <p>{words.running.nothingEnds}</p>}
      <ul className="flex flex-col gap-2">
        {ending.map(({ what, name, endsAt }) => (
          <li key={`${what} ${name}`} className="flex flex-wrap items-baseline justify-between gap-x-4">
            <span className="min-w-0">
              {words.running.ends[what] ?? what}{' '}
              <code className="font-mono text-sm break-all text-muted">{name}</code>
            </span>
            <span className={endsAt <= at ? 'text-muted' : 'font-medium'}>
              {endsAt <= at ? words.running.ended : instantDayText(endsAt, words.locale)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Projections({ projections }: { projections: Running['log']['projections'] }) {
  const words = useWords()
  const { columns, states } = words.running
  const number = useNumberText()
  return (
    <Card title={words.running.projections}>
      <table className="w-full">
        <caption className="sr-only">{words.running.projections}</caption>
        <thead className="text-left text-sm text-muted">
          <tr>
            <th scope="col" className="pb-1 font-medium">
              {columns.name}
            </th>
            <th scope="col" className="pb-1 font-medium">
              {columns.state}
            </th>
            <th scope="col" className="pb-1 text-right font-medium">
              {columns.lag}
            </th>
          </tr>
        </thead>
        <tbody>
          {projections.map(({ name, state, lagEvents, error }) => (
            <tr key={name} className="border-t border-line align-top">
              <th
                scope="row"
                className="py-2 pr-2 text-left font-mono text-xs font-normal break-words sm:text-sm"
              >
                {name}
              </th>
              <td className="py-2 pr-2">
                <Badge tone={state === 'LIVE' ? 'good' : state === 'FAILED' ? 'bad' : 'warn'}>
                  {states[state]}
                </Badge>
                {error && <span className="mt-1 block text-sm text-negative">{error}</span>}
              </td>
              <td className="py-2 text-right tabular-nums">{number(lagEvents)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
