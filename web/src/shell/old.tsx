import { CloudOff } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { useWords } from '../i18n/words'
import { instantText } from '../lib/dates'
import { cameBack, listenToShownFrom, shownFrom } from '../lib/kept'

const askAgainAfter = 10_000

/** Says that what is on screen is old, until the server answers again. */
export function OldBanner() {
  const words = useWords()
  const at = useSyncExternalStore(listenToShownFrom, shownFrom)
  useEffect(() => {
    if (at === null) return
    const ask = () => {
      fetch('/boot.js', { cache: 'no-store', method: 'HEAD' }).then(
        (answer) => answer.ok && cameBack(),
        () => undefined,
      )
    }
    const timer = setInterval(ask, askAgainAfter)
    window.addEventListener('online', ask)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', ask)
    }
  }, [at])
  if (at === null) return null
  return (
    <p
      role="status"
      className="flex items-center gap-2 border-b border-line bg-warn-soft px-4 py-2 font-medium text-warn md:px-6"
    >
      <CloudOff size={16} aria-hidden="true" className="shrink-0" />
      {words.page.offline.old(instantText(new Date(at).toISOString(), words.locale))}
    </p>
  )
}
