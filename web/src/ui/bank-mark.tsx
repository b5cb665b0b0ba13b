import { usePreferences } from '../lib/preferences'

/** The first two letters of the bank on a quiet square: a mark, not a logo. */
export function BankMark({ name }: { name: string }) {
  const { namesHidden } = usePreferences()
  const letters = name.replace(/[^\p{L}\p{N}]/gu, '').slice(0, 2)
  return (
    <span
      aria-hidden="true"
      className="inline-flex size-9 shrink-0 items-center justify-center rounded-[10px] bg-accent-soft text-sm font-semibold text-accent uppercase"
    >
      {namesHidden ? '' : letters}
    </span>
  )
}
