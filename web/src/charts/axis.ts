import { useWords } from '../i18n/words'
import { decimalsOf } from '../lib/money'
import { usePreferences } from '../lib/preferences'

/** Amounts along an axis: short, and without digits while amounts are hidden. */
export function useAxisText(currency: string): (minor: number) => string {
  const { locale } = useWords()
  const { amountsHidden } = usePreferences()
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    notation: 'compact',
    maximumFractionDigits: 1,
  })
  const unit = 10 ** decimalsOf(currency)
  return (minor) => (amountsHidden ? '' : format.format(minor / unit).replace('-', '\u2212'))
}
