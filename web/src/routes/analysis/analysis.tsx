import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { categoryText, useNumberText, useWords } from '../../i18n/words'
import { monthsFrom, monthText, thisMonth } from '../../lib/dates'
import { myRolesOptions } from '../../queries/audit'
import { analysisOptions } from '../../queries/running'
import { Amount } from '../../ui/amount'
import { MonthPicker } from '../../ui/month-picker'
import { Card, Page } from '../../ui/page'
import { Awaited, Empty, Failure, Skeleton } from '../../ui/states'
import { sumsOf } from './sums'

/** A month of everybody an analyst's role covers, under pseudonyms. */
export function Analysis() {
  const words = useWords()
  const text = words.running.analysis
  const roles = useQuery(myRolesOptions)
  // The month before: this one is hardly begun, and opening it is recorded.
  const [month, setMonth] = useState(() => monthsFrom(thisMonth(), -1))
  const role = roles.data?.find(({ role: kind, stands }) => kind === 'ANALYST' && stands)
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={(roles.isPending || role) && <MonthPicker month={month} onChange={setMonth} />}
    >
      {roles.isPending ? <Opening /> : <Awaited of={roles} rows={1} height={0} />}
      {roles.data && !role && <Empty title={text.none} text={words.running.noneText} />}
      {role && <Month roleId={role.id} month={month} />}
    </Page>
  )
}

/** The table that comes: a line a category. */
function Opening() {
  return (
    <Card>
      <Skeleton rows={8} height={25} />
    </Card>
  )
}

function Month({ roleId, month }: { roleId: string; month: string }) {
  const words = useWords()
  const text = words.running.analysis
  const number = useNumberText()
  const analysis = useQuery(analysisOptions(roleId, month))
  if (analysis.isPending) return <Opening />
  if (analysis.isError) return <Failure error={analysis.error} retry={() => analysis.refetch()} />
  const { people, rows, more } = analysis.data
  if (people === 0) return <Empty title={text.tooFew} text={text.tooFewText} />
  return (
    <Card title={`${text.people(people)}, ${text.rows(rows.length)}`}>
      {more && <p className="mb-3 text-warn">{text.more}</p>}
      <table className="w-full">
        <caption className="sr-only">{`${text.title}, ${monthText(month, words.locale)}`}</caption>
        <thead className="text-left text-sm text-muted">
          <tr>
            <th scope="col" className="pb-1 font-medium">
              {text.category}
            </th>
            <th scope="col" className="pb-1 text-right font-medium max-sm:hidden">
              {text.count}
            </th>
            <th scope="col" className="pb-1 text-right font-medium">
              {text.in}
            </th>
            <th scope="col" className="pb-1 text-right font-medium">
              {text.out}
            </th>
          </tr>
        </thead>
        <tbody>
          {sumsOf(rows).map((sum) => (
            <tr key={`${sum.category} ${sum.currency}`} className="border-t border-line">
              <th scope="row" className="py-2 pr-2 text-left font-normal">
                {categoryText(words, sum.category)}
              </th>
              <td className="py-2 text-right tabular-nums max-sm:hidden">{number(sum.count)}</td>
              <td className="py-2 text-right">
                {sum.in > 0n && <Amount money={{ minor: String(sum.in), currency: sum.currency }} />}
              </td>
              <td className="py-2 text-right">
                {sum.out < 0n && <Amount money={{ minor: String(sum.out), currency: sum.currency }} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
