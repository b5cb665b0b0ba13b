import { useWords } from '../i18n/words'
import { usePreferences } from '../lib/preferences'

/** One width for every name, so that not even its length is told. */
const mask = '••••••'

/**
 * A name of somebody, of a bank or an account, or what a person or a bank wrote, or its mask. With names
 * hidden it is not in the document at all.
 */
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

export type NameText = (name: string) => string

/** For sentences and labels: the name as text, or its mask. */
export function useNameText(): NameText {
  const { namesHidden } = usePreferences()
  return (name) => (namesHidden ? mask : name)
}

/** For lists to choose an account from: by name and bank, or by its place, so that they stay apart. */
export function useAccountText(): (
  account: { name: string; bank: { name: string } },
  place: number,
) => string {
  const { namesHidden } = usePreferences()
  const words = useWords()
  return ({ name, bank }, place) =>
    namesHidden ? words.page.privacy.account(place + 1) : `${name}, ${bank.name}`
}
