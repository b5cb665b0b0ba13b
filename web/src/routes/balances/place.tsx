import { height, useWidth } from '../../charts/frame'
import { useWords } from '../../i18n/words'

/** The place of the line until it is known: nothing below it moves. */
export function Place() {
  const words = useWords()
  const width = useWidth()
  return (
    <div role="status" aria-busy="true">
      <span className="sr-only">{words.common.loading}</span>
      <p className="mb-2 min-h-10">{'\u00a0'}</p>
      <div className="shimmer w-full" style={{ aspectRatio: `${width} / ${height}` }} />
      <div className="mt-1 h-7 pointer-coarse:h-11" />
      <div className="mt-3 h-9 pointer-coarse:h-11" />
    </div>
  )
}

/** The whole card while its part of the program is on its way. */
export function HistoryPlace() {
  return (
    <div className="card p-4 sm:p-6">
      <div className="mb-4 h-10" />
      <p className="mb-3 text-sm">{'\u00a0'}</p>
      <Place />
    </div>
  )
}
