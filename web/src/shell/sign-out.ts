import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { SignOutDocument } from '../gql/graphql'
import { client } from '../lib/client'
import { request } from '../lib/gql'
import { forgetSession } from '../lib/kept'
import { meOptions } from '../queries/options'

/** Ends the session and leaves nothing of it in this browser. */
export function useSignOut() {
  const navigate = useNavigate()
  return useMutation({
    mutationFn: () => request(SignOutDocument, {}),
    onSuccess: async () => {
      await forgetSession()
      await navigate({ to: '/sign-in' })
      client.clear()
      client.setQueryData(meOptions.queryKey, null)
    },
  })
}
