import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useWords } from '../i18n/words'
import { RequestError } from '../lib/gql'
import { ButtonLink } from '../ui/button'
import { Page } from '../ui/page'
import { Failure } from '../ui/states'

/** The program itself could not be opened. */
export function RootFailure(props: ErrorComponentProps) {
  return (
    <main className="p-6">
      <RouteFailure {...props} />
    </main>
  )
}

/** A page that could not be opened at all: the rest of the program goes on. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    router.invalidate()
  }
  // A chunk that is gone means that a newer version has been installed, or that it was never kept here.
  const gone = error instanceof Error && /dynamically imported module|Failed to fetch/.test(error.message)
  const code = navigator.onLine ? 'UNKNOWN_DOCUMENT' : 'NOT_KEPT'
  return (
    <div className="mx-auto max-w-[640px]">
      <Failure level={1} error={gone ? new RequestError(code, null) : error} retry={retry} />
    </div>
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
