import { useWords } from '../i18n/words'
import { Skeleton } from '../ui/states'

/** While it is not known yet who is signed in; it is seen where that takes longer than a blink. */
export function Opening() {
  const words = useWords()
  return (
    <main className="mx-auto max-w-5xl p-6 sm:p-10">
      <h1 className="mb-6 text-xl font-semibold">One Point Ledger</h1>
      <p className="mb-4 text-muted">{words.common.loading}</p>
      <Skeleton rows={3} height={120} />
    </main>
  )
}
