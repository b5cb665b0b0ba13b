import { useWords } from '../../i18n/words'
import { RequestError } from '../../lib/gql'
import { Failure } from '../../ui/states'

/** A refusal that belongs to the auditor's view, in one sentence; anything else as everywhere. */
export function Refused({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = useWords()
  const text = error instanceof RequestError ? words.audit.errors[error.code] : undefined
  if (!text) return <Failure error={error} retry={retry} />
  return (
    <p role="alert" className="text-negative">
      {text}
    </p>
  )
}
