import type { ReasonPartsFragment } from '../gql/graphql'
import { useWords } from '../i18n/words'

/** A share of a thousand in percent. */
export function usePercent(): (perMille: number) => string {
  const { locale } = useWords()
  const format = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  return (perMille) => format.format(perMille / 1_000).replace('-', '\u2212')
}

/** On what grounds, one sentence each. */
export function Reasons({ reasons }: { reasons: readonly ReasonPartsFragment[] }) {
  const words = useWords()
  if (reasons.length === 0) return null
  return (
    <ul className="list-disc pl-5">
      {reasons.map(({ kind, number }) => (
        <li key={kind}>{words.sync.reason[kind](number ?? 0)}</li>
      ))}
    </ul>
  )
}
