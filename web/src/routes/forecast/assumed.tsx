import { useState } from 'react'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { shortDayText } from '../../lib/dates'
import { Amount } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Name } from '../../ui/name'
import { Card } from '../../ui/page'
import type { Forecast } from './forecast'

/** About a month of most people. */
const shownAtFirst = 15

/** Every payment the forecast counts on, by its day. */
export function Assumed({ forecast }: { forecast: Forecast }) {
  const words = useWords()
  const { forecast: texts, rhythm } = usePageWords()
  const { expected } = forecast
  const [all, setAll] = useState(false)
  const shown = all ? expected : expected.slice(0, shownAtFirst)
  return (
    <Card title={texts.assumed}>
      <p className="mb-3 text-muted">{expected.length > 0 ? texts.assumedText : texts.assumedNone}</p>
      {expected.length > 0 && (
        <table className="w-full">
          <caption className="sr-only">{texts.assumed}</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">{texts.day}</th>
              <th scope="col">{texts.label}</th>
              <th scope="col">{texts.amount}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two payments of one day may be alike
              <tr key={index} className="border-t border-line align-top first:border-t-0">
                <td className="py-2 pr-2 sm:pr-4 whitespace-nowrap text-muted tabular-nums">
                  {shortDayText(one.day, words.locale)}
                </td>
                <th scope="row" className="w-full py-2 text-left font-normal">
                  <Name className="break-words">{one.label}</Name>{' '}
                  {one.rhythm ? (
                    <span className="text-sm text-muted max-sm:block">{rhythm[one.rhythm]}</span>
                  ) : (
                    <Badge tone="warn">{texts.supposed}</Badge>
                  )}
                </th>
                <td className="py-2 pl-2 sm:pl-4 text-right">
                  <Amount money={one.amount} tone="flow" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {shown.length < expected.length && (
        <Button look="quiet" className="screen-only mt-2 px-2" onClick={() => setAll(true)}>
          {texts.assumedAll(expected.length)}
        </Button>
      )}
    </Card>
  )
}
