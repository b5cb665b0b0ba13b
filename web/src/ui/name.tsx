import { useWords } from '../i18n/words'
import { usePreferences } from '../lib/preferences'

/** One width for every name, so that not even its length is told. */
const mask = '••••••'

/** A name of somebody, or its mask. With names hidden it is not in the document at all. */
export function Name({ children, className = '' }: { children: string; className?: string }) {
  const { namesHidden } = usePreferences()
  const words = useWords()
  if (!namesHidden) return <span className={className}>{children}</span>
  return (
    <span className={className}>
      <span aria-hidden="true" className="masked">
        {mask}
      </span>
      <span className="sr-only">{words.page.privacy.nameHidden}</span>
    </span>
  )
}

/** For sentences and labels: the name as text, or its mask. */
export function useNameText(): (name: string) => string {
  const { namesHidden } = usePreferences()
  return (name) => (namesHidden ? mask : name)
}
