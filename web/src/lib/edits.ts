import { useMutation } from '@tanstack/react-query'
import type { EditStatus, TypedDocumentString } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { announce } from '../ui/announce'
import { errorText } from '../ui/states'
import { client } from './client'
import { request } from './gql'
import { sawPosition } from './position'

type Edited = { status: EditStatus; position: string | null }

/** Everything a decision about a transaction may change. */
export const changedByEdits = ['transactions', 'reviews', 'spending', 'accounts', 'insights']

export function isDone(status: EditStatus | undefined): boolean {
  return status === 'DONE' || status === 'ALREADY_SO'
}

/**
 * A decision about a transaction: sent, spoken, and everything that shows it asked for again. `said` is
 * what is spoken when it is done.
 */
export function useEdit<Variables>(
  document: TypedDocumentString<Record<string, Edited>, Variables>,
  said?: string,
) {
  const words = useWords()
  return useMutation({
    // One after the other: what was said last is what stands.
    scope: { id: 'edits' },
    mutationFn: async (variables: Variables): Promise<Edited> => {
      const [edited] = Object.values(await request(document, variables))
      if (!edited) throw new Error('an answer without a result')
      return edited
    },
    onSuccess: ({ status, position }) => {
      sawPosition(position)
      announce(isDone(status) && said ? said : words.sync.edit.status[status])
      for (const topic of changedByEdits) client.invalidateQueries({ queryKey: [topic] })
    },
    onError: (error) => announce(errorText(words, error)),
  })
}

/** What is to be shown of an edit that did not go through, or nothing. */
export function useRefusal(edit: { data?: Edited; error: Error | null }): string | null {
  const words = useWords()
  if (edit.error) return errorText(words, edit.error)
  if (edit.data && !isDone(edit.data.status)) return words.sync.edit.status[edit.data.status]
  return null
}
