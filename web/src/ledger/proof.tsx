import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { useProvingWords } from '../i18n/proving'
import { useWords } from '../i18n/words'
import type { Verdict } from '../lib/proof'
import { saveFile } from '../lib/save'
import { inclusionOptions } from '../queries/history'
import { Badge, type BadgeTone } from '../ui/badge'
import { Button } from '../ui/button'

type State = 'checking' | 'checked' | 'pending' | 'failed' | 'unknown' | 'unasked'

const tones: Record<State, BadgeTone> = {
  checking: 'quiet',
  checked: 'good',
  pending: 'warn',
  failed: 'bad',
  unknown: 'warn',
  unasked: 'quiet',
}

/** What a verdict comes to: anything that does not hold is a failure, whatever else does. */
export function stateOf({ included, signed }: Pick<Verdict, 'included' | 'signed'>): State {
  if (!included || signed === 'no') return 'failed'
  return signed === 'unknown' ? 'unknown' : 'checked'
}

/**
 * Whether an event is in the signed log, worked out in this browser from the record, the path and the
 * signature: a badge, and behind it in plain words what that means.
 */
export function ProofBadge({ position }: { position: string }) {
  const { locale } = useWords()
  const texts = useProvingWords()
  const found = useQuery(inclusionOptions(position))
  const state = (): State => {
    if (found.data) return stateOf(found.data.verdict)
    if (found.data === null) return 'pending'
    return found.isError ? 'unasked' : 'checking'
  }
  const now = state()
  const { proof, verdict } = found.data ?? {}
  const size = new Intl.NumberFormat(locale).format(verdict?.size ?? 0)
  const said = {
    checking: texts.checking,
    checked: texts.checkedText(position, size, verdict?.origin ?? ''),
    pending: texts.pendingText,
    failed: texts.failedText,
    unknown: texts.unknownText,
    unasked: texts.unaskedText,
  }
  return (
    <details className="group/proof mt-1" data-proof={now}>
      <summary className="inline-flex min-h-6 cursor-pointer items-center gap-1 text-muted pointer-coarse:min-h-11">
        <Badge tone={tones[now]}>{texts[now]}</Badge>
        <ChevronDown size={14} aria-hidden="true" className="group-open/proof:rotate-180" />
      </summary>
      <p className="mt-1 max-w-prose text-sm break-words text-muted">{said[now]}</p>
      {proof && (
        <Button
          look="quiet"
          className="-ml-2 px-2"
          onClick={() =>
            saveFile(new Blob([proof.file], { type: 'text/plain' }), `event-${position}.tlog-proof`)
          }
        >
          {texts.file}
        </Button>
      )}
    </details>
  )
}
