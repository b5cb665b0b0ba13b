import { type ReactNode, useState } from 'react'
import type { Catalogue } from '../i18n/en'
import { useWords } from '../i18n/words'
import { RequestError } from '../lib/gql'
import { Button } from './button'

/** Why there is nothing here, and the one next step. */
export function Empty({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <div className="card flex flex-col items-center gap-3 px-6 py-12 text-center">
      <h2 className="text-lg font-semibold">{title}</h2>
      <p className="max-w-prose text-muted">{text}</p>
      {children}
    </div>
  )
}

/** A failure as one sentence in the person's language. */
export function errorText(words: Catalogue, error: unknown): string {
  const code = error instanceof RequestError ? error.code : 'INTERNAL'
  return (words.error as Record<string, string>)[code] ?? words.error.INTERNAL
}

/** A failure is the whole page where nothing else has the heading of level 1. */
type FailureProps = { error: unknown; retry?: () => void; level?: 1 | 2 }

/** What failed, in words, with a way on and the id to quote. */
export function Failure({ error, retry, level = 2 }: FailureProps) {
  const Heading = level === 1 ? 'h1' : 'h2'
  const words = useWords()
  const code = error instanceof RequestError ? error.code : 'INTERNAL'
  const requestId = error instanceof RequestError ? error.requestId : null
  const reload = code === 'UNKNOWN_DOCUMENT' || code === 'NOT_KEPT'
  return (
    <div role="alert" className="card flex flex-col items-start gap-3 p-6">
      <Heading className="text-lg font-semibold text-negative">{words.error.title}</Heading>
      <p>{errorText(words, error)}</p>
      {requestId && (
        <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
          {words.error.requestId}: <code className="font-mono break-all select-all">{requestId}</code>
          <CopyButton text={requestId} label={words.error.copyRequestId} />
        </p>
      )}
      {reload && <Button onClick={() => window.location.reload()}>{words.error.reload}</Button>}
      {!reload && retry && <Button onClick={retry}>{words.common.tryAgain}</Button>}
    </div>
  )
}

/** Grey shapes of the final size; they appear only when the answer takes longer than a blink. */
export function Skeleton({ rows = 3, height = 64 }: { rows?: number; height?: number }) {
  const words = useWords()
  return (
    <div role="status" aria-busy="true">
      <span className="sr-only">{words.common.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the shapes are all alike
        <div key={row} className="shimmer mb-3" style={{ height }} />
      ))}
    </div>
  )
}

/** It is asked for the first time: nothing is known yet, not even that it fails. */
export function isOpening(query: { isLoading: boolean; errorUpdateCount: number }): boolean {
  return query.isLoading && query.errorUpdateCount === 0
}

type AwaitedProps = {
  of: {
    isPending: boolean
    isError: boolean
    error: unknown
    errorUpdateCount: number
    refetch: () => unknown
  }
  rows: number
  height: number
}

/**
 * What stands in the place of an answer: grey shapes until there is one, and what failed if there is none.
 * A failure stays where the page asks again by itself, and goes when the person does.
 */
export function Awaited({ of: query, rows, height }: AwaitedProps) {
  const [failed, setFailed] = useState<unknown>(null)
  if (query.isError && failed !== query.error) setFailed(query.error)
  if (query.isPending && !(failed && query.errorUpdateCount > 0)) {
    return <Skeleton rows={rows} height={height} />
  }
  const again = () => {
    setFailed(null)
    query.refetch()
  }
  return (query.isPending || query.isError) && <Failure error={query.error ?? failed} retry={again} />
}

/** Copies a text and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const words = useWords()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text).catch(() => undefined)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <span className="inline-flex items-center gap-2">
      <Button look="quiet" className="px-2" aria-label={label} onClick={copy}>
        {copied ? words.common.copied : words.common.copy}
      </Button>
      <span role="status" className="sr-only">
        {copied ? words.common.copied : ''}
      </span>
    </span>
  )
}
