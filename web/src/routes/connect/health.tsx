import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react'
import type { BanksQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { relativeText } from '../../lib/dates'

type Health = BanksQuery['banks'][number]['health']

/** From this share of failures on, in percent, a bank is said to fail often. */
const oftenFrom = 20

/** How a bank has answered lately, in a sentence or two, and what is odd about it. */
export function BankHealth({ health }: { health: Health }) {
  const words = useWords()
  const texts = words.connect.health
  if (!health) {
    return (
      <p className="mt-1 flex items-center gap-1.5">
        <CircleDashed size={14} aria-hidden="true" className="shrink-0" />
        {texts.none}
      </p>
    )
  }
  const percent = Math.round((100 * health.failed) / health.calls)
  const often = percent >= oftenFrom
  const Sign = often ? CircleAlert : CircleCheck
  const seconds =
    health.medianMilliseconds === null || health.medianMilliseconds === undefined
      ? null
      : new Intl.NumberFormat(words.locale, { maximumSignificantDigits: 2 }).format(
          health.medianMilliseconds / 1000,
        )
  const said = [
    health.failed === 0 ? texts.good : often ? texts.often(percent) : texts.some(Math.max(1, percent)),
    seconds && texts.median(seconds),
    health.answeredAt && texts.last(relativeText(health.answeredAt, words.locale)),
  ].filter(Boolean)
  return (
    <>
      <p className="mt-1 flex items-start gap-1.5">
        <Sign
          size={14}
          aria-hidden="true"
          className={`mt-0.5 shrink-0 ${often ? 'text-negative' : 'text-positive'}`}
        />
        <span>{said.join(' ')}</span>
      </p>
      {health.quirks.length > 0 && (
        <p className="mt-1">
          {texts.quirks} {health.quirks.map((quirk) => texts.quirk[quirk]).join(', ')}.
        </p>
      )}
    </>
  )
}
