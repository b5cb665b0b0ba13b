import { useQuery } from '@tanstack/react-query'
import { KeepForecastDocument } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { dayText } from '../../lib/dates'
import { isSaid, useGuide, useGuideRefusal } from '../../lib/guide'
import { forecastScoresOptions } from '../../queries/insights'
import { Amount } from '../../ui/amount'
import { Button } from '../../ui/button'
import { Card } from '../../ui/page'
import { Refusal } from '../../ui/refusal'
import { Awaited } from '../../ui/states'

/** How forecasts that were kept came true, and a way to keep today's. */
export function Scores({ currency }: { currency: string }) {
  const words = useWords()
  const { forecast: texts } = usePageWords()
  const asOf = useAsOf()
  const scores = useQuery(forecastScoresOptions(currency, asOf))
  const keep = useGuide(KeepForecastDocument, texts.kept)
  const refusal = useGuideRefusal(keep)
  return (
    <Card title={texts.scores}>
      <p className="mb-3 text-muted">{texts.scoresText}</p>
      <Awaited of={scores} rows={1} height={60} />
      {scores.data?.length === 0 && <p>{texts.noScores}</p>}
      {scores.data && scores.data.length > 0 && (
        <table className="w-full text-left">
          <caption className="sr-only">{texts.scores}</caption>
          <thead className="text-sm text-muted">
            <tr className="border-b border-line">
              <th scope="col" className="pb-2 font-medium">
                {texts.madeOn}
              </th>
              <th scope="col" className="pb-2 pl-2 align-bottom font-medium sm:pl-4">
                {texts.held}
              </th>
              <th scope="col" className="pb-2 pl-2 sm:pl-4 text-right font-medium">
                {texts.meanError}
              </th>
            </tr>
          </thead>
          <tbody>
            {scores.data.map(({ madeOn, due, held, meanError }) => (
              <tr key={madeOn} className="border-b border-line last:border-b-0">
                <th scope="row" className="py-2 font-normal tabular-nums">
                  {dayText(madeOn, words.locale)}
                </th>
                <td className="py-2 pl-2 sm:pl-4 tabular-nums">
                  {due > 0 ? texts.heldOf(held, due) : <span className="text-muted">{texts.notDue}</span>}
                </td>
                <td className="py-2 pl-2 sm:pl-4 text-right">
                  {due > 0 ? <Amount money={meanError} /> : '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!asOf && (
        <div className="screen-only mt-4">
          <Button
            disabled={keep.isPending || isSaid(keep.data?.status)}
            onClick={() => keep.mutate({ currency })}
          >
            {isSaid(keep.data?.status) ? texts.kept : texts.keep}
          </Button>
          <Refusal text={refusal} />
        </div>
      )}
    </Card>
  )
}
