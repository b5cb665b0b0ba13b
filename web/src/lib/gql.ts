import type { TypedDocumentString } from '../gql/graphql'

/** Every way a request can fail, in one type: a code the page words, and the id to quote when asking for help. */
export class RequestError extends Error {
  readonly code: string
  readonly requestId: string | null

  constructor(code: string, requestId: string | null) {
    super(code)
    this.code = code
    this.requestId = requestId
  }
}

type Answer<Result> = {
  data?: Result | null
  errors?: { extensions?: { code?: string; requestId?: string } }[]
}

export const requestHeaders = { 'content-type': 'application/json', 'x-opl-request': '1' }

/** The documents carry only their hash; the server knows the text. */
function hashOf(document: unknown): string {
  return String((document as { __meta__?: { hash?: string } }).__meta__?.hash)
}

export async function request<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const body = JSON.stringify({ documentId: hashOf(document), variables })
  let response: Response
  try {
    response = await fetch('/graphql', { method: 'POST', headers: requestHeaders, body, signal })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new RequestError('OFFLINE', null)
  }
  const answer = (await response.json().catch(() => null)) as Answer<Result> | null
  const failure = answer?.errors?.[0]
  if (failure) {
    throw new RequestError(failure.extensions?.code ?? 'INTERNAL', failure.extensions?.requestId ?? null)
  }
  if (!response.ok || !answer?.data) throw new RequestError('INTERNAL', response.headers.get('x-request-id'))
  return answer.data
}
