import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useWords } from '../i18n/words'
import { RequestError } from '../lib/gql'
import { ButtonLink } from '../ui/button'
import { Page } from '../ui/page'
import { Failure } from '../ui/states'

/** A page that could not be opened at all: the rest of the program goes on. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    router.invalidate()
  }
  // A chunk that is gone means that a newer version has been installed.
  const moved = error instanceof Error && /dynamically imported module|Failed to fetch/.test(error.message)
  return (
    <main className="mx-auto max-w-[640px] p-6">
      <Failure error={moved ? new RequestError('UNKNOWN_DOCUMENT', null) : error} retry={retry} />
    </main>
  )
}

export function NotFound() {
  const words = useWords()
  return (
    <main className="mx-auto flex min-h-dvh max-w-[640px] flex-col justify-center">
      <Page title={words.error.notFound} lead={words.error.notFoundText}>
        <ButtonLink to="/" look="primary">
          {words.error.home}
        </ButtonLink>
      </Page>
    </main>
  )
}
