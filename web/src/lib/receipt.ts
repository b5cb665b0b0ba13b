import type { EraseMeMutation } from '../gql/graphql'

export type Receipt = EraseMeMutation['eraseMe']['receipt']

/** What proves the erasure that was just done: kept for this visit alone, on no disk and in no address. */
let last: Receipt | undefined

export function keepReceipt(receipt: Receipt): void {
  last = receipt
}

export function lastReceipt(): Receipt | undefined {
  return last
}
