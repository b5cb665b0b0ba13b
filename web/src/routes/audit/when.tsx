import { useWords } from '../../i18n/words'
import { logTimeText } from '../../lib/dates'

/** A moment of the log in the page's language; what the log says itself is in `dateTime`. */
export function When({ at }: { at: string }) {
  const { locale } = useWords()
  return <time dateTime={at}>{logTimeText(at, locale)}</time>
}
