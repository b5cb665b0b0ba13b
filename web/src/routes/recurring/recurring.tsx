import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { beatsWithin, isMoved, type Stream } from '../../lib/beats'
import { daysFrom, today } from '../../lib/dates'
import { absolute, isNegative, type Money, totals } from '../../lib/money'
import { recurringOptions } from '../../queries/insights'
import { Amount } from '../../ui/amount'
import { ButtonLink } from '../../ui/button'
import { Choice } from '../../ui/choice'
import { Card } from '../../ui/page'
import { Awaited, Empty } from '../../ui/states'
import { InsightPage } from '../insights/frame'
import { Calendar } from './calendar'
import { Changes } from './changes'
import { StreamTable } from './table'

const daysAhead = 30

export function RecurringPage() {
  const words = useWords()
  const { recurring: texts } = usePageWords()
  const search = useSearch({ from: '/app/recurring' })
  const navigate = useNavigate({ from: '/recurring' })
  const found = useQuery(recurringOptions(useAsOf()))
  const streams = found.data ?? []
  const view = search.view ?? 'list'
  const change = (changed: Partial<typeof search>) =>
    navigate({ search: (former) => ({ ...former, ...changed }), replace: true, resetScroll: false })

  return (
    <InsightPage
      title={texts.title}
      lead={texts.lead}
      pending={found.isPending}
      known={streams[0]?.knownAt}
      found
      actions={
        found.data?.length !== 0 && (
          <Choice
            label={texts.view}
            value={view}
            options={[
              ['list', texts.list],
              ['calendar', texts.calendar],
            ]}
            onChange={(chosen) => change({ view: chosen === 'list' ? undefined : chosen })}
          />
        )
      }
    >
      <Awaited of={found} rows={5} height={72} />
      {found.data?.length === 0 && (
        <Empty title={texts.empty} text={texts.emptyText}>
          <ButtonLink to="/connect">{words.common.connectBank}</ButtonLink>
        </Empty>
      )}
      {streams.length > 0 && (
        <div className="flex flex-col gap-6">
          <Sums streams={streams} />
          {view === 'calendar' ? (
            <Calendar streams={streams} month={search.month} onMonth={(month) => change({ month })} />
          ) : (
            <Lists streams={streams} sort={search.sort} onSort={(sort) => change({ sort })} />
          )}
        </div>
      )}
    </InsightPage>
  )
}

/** What it all comes to in a year, and soon. */
function Sums({ streams }: { streams: readonly Stream[] }) {
  const { recurring: texts } = usePageWords()
  const going = streams.filter((stream) => stream.state !== 'STOPPED' && !isMoved(stream))
  const yearly = (out: boolean) =>
    totals(going.map((stream) => stream.yearly).filter((money) => isNegative(money) === out)).map(absolute)
  const day = today()
  const soon = beatsWithin(going, daysFrom(day, 1), daysFrom(day, daysAhead))
    .filter(({ came }) => !came)
    .map(({ amount }) => amount)
  return (
    <dl className="card grid gap-x-8 gap-y-4 p-4 sm:grid-cols-3 sm:p-6">
      <Sum name={texts.outYear} amounts={yearly(true)} strong />
      <Sum name={texts.outMonth} amounts={totals(soon.filter(isNegative)).map(absolute)} />
      <Sum name={texts.inYear} amounts={yearly(false)} />
    </dl>
  )
}

function Sum({ name, amounts, strong }: { name: string; amounts: readonly Money[]; strong?: boolean }) {
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd
        className={`flex flex-wrap gap-x-4 tracking-[-0.015em] font-semibold ${strong ? 'text-2xl' : 'text-xl'}`}
      >
        {amounts.map((money) => (
          <Amount key={money.currency} money={money} />
        ))}
        {amounts.length === 0 && <span className="text-muted">–</span>}
      </dd>
    </div>
  )
}

type Sort = 'cost' | 'name' | undefined
type ListsProps = {
  streams: readonly Stream[]
  sort: Sort | ''
  onSort: (sort: Sort) => void
}

function sorted(streams: readonly Stream[], sort: Sort | ''): Stream[] {
  const size = ({ yearly }: Stream) => BigInt(absolute(yearly).minor)
  return streams.toSorted((a, b) => {
    if (sort === 'cost' && size(a) !== size(b)) return size(a) < size(b) ? 1 : -1
    if (!sort && a.nextDay !== b.nextDay) return a.nextDay.localeCompare(b.nextDay)
    return a.label.localeCompare(b.label)
  })
}

function Lists({ streams, sort, onSort }: ListsProps) {
  const { recurring: texts } = usePageWords()
  const going = streams.filter(({ state }) => state !== 'STOPPED')
  const spent = going.filter((stream) => !isMoved(stream))
  const parts = [
    { name: texts.out, of: spent.filter(({ expected }) => isNegative(expected)) },
    { name: texts.in, of: spent.filter(({ expected }) => !isNegative(expected)) },
    { name: texts.moved, of: going.filter(isMoved) },
    { name: texts.stopped, of: streams.filter(({ state }) => state === 'STOPPED') },
  ].filter(({ of }) => of.length > 0)
  return (
    <>
      <Changes streams={streams.filter((stream) => !isMoved(stream))} />
      <div className="screen-only -mb-2 flex justify-end">
        <label className="flex items-center gap-2 text-sm text-muted">
          {texts.sort}
          <select
            className="control w-auto"
            value={sort ?? ''}
            onChange={({ target }) => onSort((target.value || undefined) as Sort)}
          >
            <option value="">{texts.sorts.next}</option>
            <option value="cost">{texts.sorts.cost}</option>
            <option value="name">{texts.sorts.name}</option>
          </select>
        </label>
      </div>
      {parts.map(({ name, of }) => (
        <Card key={name} title={name}>
          <StreamTable caption={name} streams={sorted(of, sort)} />
        </Card>
      ))}
    </>
  )
}
