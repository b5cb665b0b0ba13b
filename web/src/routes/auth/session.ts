import { useNavigate, useRouter } from '@tanstack/react-router'
import type { MeQuery } from '../../gql/graphql'
import { client } from '../../lib/client'
import { meOptions } from '../../queries/options'

/** After signing in or up: what the former person saw is gone, and the page they wanted opens. */
export function useEntry(next: string | undefined) {
  const navigate = useNavigate()
  const router = useRouter()
  return async (me: NonNullable<MeQuery['me']>) => {
    client.clear()
    client.setQueryData(meOptions.queryKey, me)
    await router.invalidate()
    await navigate({ href: next ?? '/', replace: true })
  }
}

/** Puts the focus on the first field that needs care. */
export function focusFirstInvalid(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
}
