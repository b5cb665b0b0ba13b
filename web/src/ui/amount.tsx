import { type ReactNode, useRef } from 'react'
import { useWords } from '../i18n/words'
import { isNegative, type Money, moneyText, type SignDisplay } from '../lib/money'
import { useIsPeeked } from '../lib/peek'
import { usePreferences } from '../lib/preferences'

/** Always the same width, so that not even the number of digits is told. */
export const mask = '••••••'

type Tone = 'plain' | 'flow' | 'balance'

type AmountProps = { money: Money; tone?: Tone; sign?: SignDisplay; className?: string }

function toneClass(money: Money, tone: Tone): string {
  if (tone === 'balance') return isNegative(money) ? 'text-negative' : ''
  if (tone === 'flow') return isNegative(money) || /^0*$/.test(money.minor) ? '' : 'text-positive'
  return ''
}

/** Money on the page. With amounts hidden the digits are not in the document at all. */
export function Amount({ money, tone = 'plain', sign, className = '' }: AmountProps) {
  const { amountsHidden } = usePreferences()
  const { locale } = useWords()
  const shown = () => {
    const text = moneyText(money, locale, sign ?? (tone === 'flow' ? 'exceptZero' : 'auto'))
    return <span className={`amount ${toneClass(money, tone)} ${className}`}>{text}</span>
  }
  return amountsHidden ? <CoveredAmount className={className} shown={shown} /> : shown()
}

/** The mask, and while Alt is held over it what is behind. */
function CoveredAmount({ className, shown }: { className: string; shown: () => ReactNode }) {
  const words = useWords()
  const place = useRef<HTMLSpanElement>(null)
  const peeked = useIsPeeked(place)
  return (
    <span ref={place} data-covered="" className={`amount ${className}`}>
      {peeked ? (
        shown()
      ) : (
        <>
          <span aria-hidden="true" className="masked">
            {mask}
          </span>
          <span className="sr-only">{words.common.amountHidden}</span>
        </>
      )}
    </span>
  )
}

export type AmountText = (money: Money, sign?: SignDisplay) => string

/** For sentences and labels: the amount as text, or its mask. */
export function useAmountText(): AmountText {
  const { amountsHidden } = usePreferences()
  const { locale } = useWords()
  return (money, sign) => (amountsHidden ? mask : moneyText(money, locale, sign))
}
