import type { RuleDraft } from '../../lib/rules'
import { useWritten } from '../../lib/written'

/**
 * What is being written, on which version, which rule is open, and whether anything was changed: opening a
 * rule and closing it again is no change.
 */
export type Written = { from: number; drafts: RuleDraft[]; open: number | null; changed: boolean }

const isChanged = ({ changed }: Written) => changed

/** The rules that are being written: the same for all that stands on their page. */
export function useWrittenRules() {
  return useWritten('rules', isChanged)
}
