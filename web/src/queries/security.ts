import { queryOptions } from '@tanstack/react-query'
import { SecurityDocument } from '../gql/graphql'
import { request } from '../lib/gql'

export const securityOptions = queryOptions({
  queryKey: ['security'],
  queryFn: ({ signal }) => request(SecurityDocument, {}, signal).then((answer) => answer.security),
})
