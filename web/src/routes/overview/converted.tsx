import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n/words'
import { dayText } from '../../lib/dates'
import { convertedTotalOptions } from '../../queries/options'
import { useAmountText } from '../../ui/amount'

/** Accounts of several currencies in one: about how much, by which rates, and what has none. */
export function ConvertedTotal({ currency }: { currency: string }) {
  const words = useWords()
  const amount = useAmountText()
  const { data } = useQuery(convertedTotalOptions(currency))
  if (!data) return null
  const [first] = data.rates
  const rates = data.rates.map(({ base, rate, currency: of }) => `1 ${base} = ${rate} ${of}`)
  return (
    <>
      {data.amount && first && (
        <>
          <p className="mt-2 text-lg font-semibold">{words.totals.about(amount(data.amount))}</p>
          <p className="text-sm text-muted">
            {words.totals.rates(
              dayText(first.day, words.locale),
              words.totals.sources[first.source] ?? first.source,
              rates.join(', '),
            )}
          </p>
        </>
      )}
      {data.unconverted.length > 0 && (
        <p className="mt-1 text-sm text-muted">
          {words.totals.unconverted(data.unconverted.map((money) => amount(money)).join(', '))}
        </p>
      )}
    </>
  )
}
