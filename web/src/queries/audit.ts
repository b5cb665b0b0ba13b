import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import {
  AuditDifferenceDocument,
  AuditExceptionsDocument,
  AuditProofDocument,
  AuditScopeDocument,
  AuditStoryDocument,
  AuditTimelineDocument,
  type AuditTimelineQuery,
  AuditWhyDocument,
  MyRolesDocument,
  ReadingsOfMeDocument,
} from '../gql/graphql'
import { request } from '../lib/gql'

export type AuditEvent = AuditTimelineQuery['auditTimeline']['events'][number]

/** Each of these is recorded as a use of the role: what was shown once is not asked for again by itself. */
const once = { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false, refetchOnReconnect: false }

export const myRolesOptions = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => request(MyRolesDocument, {}, signal).then((answer) => answer.myRoles),
})

export const readingsOfMeOptions = queryOptions({
  queryKey: ['roles', 'readings'],
  queryFn: ({ signal }) => request(ReadingsOfMeDocument, {}, signal).then((answer) => answer.readingsOfMe),
})

export const auditScopeOptions = (roleId: string) =>
  queryOptions({
    queryKey: ['audit', roleId, 'scope'],
    queryFn: ({ signal }) =>
      request(AuditScopeDocument, { roleId }, signal).then((answer) => answer.auditScope),
    ...once,
  })

/** From the beginning, or after a position. */
export const auditTimelineOptions = (roleId: string, filter: string, asOf: string, after: string | null) =>
  infiniteQueryOptions({
    queryKey: ['audit', roleId, 'timeline', filter, asOf, after],
    queryFn: ({ signal, pageParam }) =>
      request(AuditTimelineDocument, { roleId, filter, asOf, after: pageParam }, signal).then(
        (answer) => answer.auditTimeline,
      ),
    initialPageParam: after,
    getNextPageParam: (page) => (page.more ? page.reached : undefined),
    ...once,
  })

export const auditStoryOptions = (roleId: string, stream: string, asOf: string) =>
  queryOptions({
    queryKey: ['audit', roleId, 'story', stream, asOf],
    queryFn: ({ signal }) =>
      request(AuditStoryDocument, { roleId, stream, asOf }, signal).then((answer) => answer.auditStory),
    ...once,
  })

export const auditWhyOptions = (roleId: string, position: string) =>
  queryOptions({
    queryKey: ['audit', roleId, 'why', position],
    queryFn: ({ signal }) =>
      request(AuditWhyDocument, { roleId, position }, signal).then((answer) => answer.auditWhy),
    ...once,
  })

export const auditProofOptions = (roleId: string, position: string) =>
  queryOptions({
    queryKey: ['audit', roleId, 'proof', position],
    queryFn: ({ signal }) =>
      request(AuditProofDocument, { roleId, position }, signal).then((answer) => answer.auditProof),
    ...once,
  })

export const auditDifferenceOptions = (roleId: string, from: string, to: string) =>
  queryOptions({
    queryKey: ['audit', roleId, 'difference', from, to],
    queryFn: ({ signal }) =>
      request(AuditDifferenceDocument, { roleId, from, to }, signal).then((answer) => answer.auditDifference),
    ...once,
  })

export const auditExceptionsOptions = (roleId: string) =>
  queryOptions({
    queryKey: ['audit', roleId, 'exceptions'],
    queryFn: ({ signal }) =>
      request(AuditExceptionsDocument, { roleId }, signal).then((answer) => answer.auditExceptions),
    ...once,
  })
