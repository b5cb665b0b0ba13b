import { useState } from 'react'
import { useWords } from '../../i18n/words'
import { dayText } from '../../lib/dates'
import { Amount, useAmountText } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Name, useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { groupedIdentifier } from '../accounts/identifier'
import type { AccountPreview, PreviewRow, Verdict } from './bring'

/** Rows shown before the person asks for more. */
const shownFirst = 20
const verdicts: Verdict[] = ['new', 'settles', 'doubtful', 'same']

/** What a file would add to one account. */
export function PreviewCard({ account }: { account: AccountPreview }) {
  const words = useWords()
  const amount = useAmountText()
  const nameText = useNameText()
  const count = (n: number) => n.toLocaleString(words.locale)
  return (
    <Card
      title={nameText(account.name)}
      aside={
        <span className="text-muted">
          <Name>{groupedIdentifier(account.identifier)}</Name>
        </span>
      }
    >
      <p className="text-muted">
        {account.accountId ? words.importing.known : words.importing.wouldOpen}
        {account.from &&
          account.to &&
          ` · ${words.importing.period(dayText(account.from, words.locale), dayText(account.to, words.locale))}`}
      </p>
      <dl className="mt-4 grid grid-cols-2 gap-3 sm:grid-cols-4">
        {verdicts.map((verdict) => (
          <div key={verdict}>
            <dt className="text-sm text-muted">{words.importing.counts[verdict]}</dt>
            <dd className="text-xl font-semibold tabular-nums">{count(account[verdict])}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Badge tone={account.check === 'holds' ? 'good' : account.check === 'breaks' ? 'warn' : 'quiet'}>
          {words.importing.check[account.check]}
        </Badge>
        {account.opening && (
          <span>
            {words.importing.opening} <Amount money={account.opening} />
          </span>
        )}
        {account.closing && (
          <span>
            {words.importing.closing} <Amount money={account.closing} />
          </span>
        )}
      </div>
      {account.check === 'breaks' && account.difference && (
        <p className="mt-2">
          {account.line ? `${words.importing.atLine(String(account.line))}: ` : ''}
          {words.importing.breaksText(amount(account.difference))}
        </p>
      )}
      {account.doubtful > 0 && <p className="mt-2">{words.importing.doubtfulText}</p>}
      <Rows rows={account.rows} all={account.count} />
    </Card>
  )
}

function Rows({ rows, all }: { rows: PreviewRow[]; all: number }) {
  const words = useWords()
  const [most, setMost] = useState(shownFirst)
  const shown = rows.slice(0, most)
  if (shown.length === 0) return null
  const count = (n: number) => n.toLocaleString(words.locale)
  return (
    <>
      <table className="mt-4 w-full">
        <caption className="sr-only">{words.importing.preview}</caption>
        <thead className="text-left text-sm text-muted max-sm:sr-only">
          <tr>
            <th scope="col" className="pr-3 pb-1 font-medium">
              {words.importing.date}
            </th>
            <th scope="col" className="pr-3 pb-1 font-medium">
              {words.importing.who}
            </th>
            <th scope="col" className="pr-3 pb-1 font-medium">
              {words.importing.verdict}
            </th>
            <th scope="col" className="pb-1 text-right font-medium">
              {words.importing.amount}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr
              key={row.line + row.date + row.amount.minor}
              className="border-t border-line align-baseline max-sm:flex max-sm:flex-wrap max-sm:gap-x-3 max-sm:py-2"
            >
              <td className="pr-3 whitespace-nowrap sm:py-2">{dayText(row.date, words.locale)}</td>
              <td className="min-w-0 break-words max-sm:order-3 max-sm:w-full sm:py-2 sm:pr-3">
                <Name>{row.counterparty ?? row.text}</Name>
                {row.counterparty && row.text && <Name className="block text-sm text-muted">{row.text}</Name>}
              </td>
              <td className="sm:py-2 sm:pr-3">
                <Badge tone={row.verdict === 'doubtful' ? 'warn' : row.verdict === 'same' ? 'quiet' : 'good'}>
                  {words.importing.counts[row.verdict]}
                </Badge>
              </td>
              <td className="text-right max-sm:ml-auto sm:py-2">
                <Amount money={row.amount} tone="flow" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <p className="text-sm text-muted">{words.importing.showing(count(shown.length), count(all))}</p>
        {rows.length > most && (
          <Button look="quiet" onClick={() => setMost(most + 100)}>
            {words.importing.showMore}
          </Button>
        )}
      </div>
    </>
  )
}
