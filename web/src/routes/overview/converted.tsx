import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n/words'
import { dayText } from '../../lib/dates'
import { convertedTotalOptions } from '../../queries/options'
import { useAmountText } from '../../ui/amount'

/** The place of the two lines until they are known, so that nothing below them moves. */
function ComingTotal() {
  return (
    <div aria-busy="true">
      <p className="shimmer mt-2 w-56 max-w-full text-lg">{'\u00a0'}</p>
      <p className="text-sm max-sm:min-h-9">{'\u00a0'}</p>
    </div>
  )
}

/** A rate to its last digit, with the decimal mark of the language. */
export function rateText(rate: string, locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5)
  return rate.replace('.', parts.find(({ type }) => type === 'decimal')?.value ?? '.')
}

/** Accounts of several currencies in one: about how much, by which rates, and what has none. */
export function ConvertedTotal({ currency }: { currency: string }) {
  const words = useWords()
  const amount = useAmountText()
  const { data, isError } = useQuery(convertedTotalOptions(currency))
  if (isError) return null
  if (!data) return <ComingTotal />
  const [first] = data.rates
  const rates = data.rates.map(
    ({ base, rate, currency: of }) => `1 ${base} = ${rateText(rate, words.locale)} ${of}`,
  )
  return (
    <>
      {data.amount && first && (
        <>
          <p className="mt-2 text-lg font-semibold">{words.totals.about(amount(data.amount))}</p>
          <p className="text-sm text-muted max-sm:min-h-9">
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
