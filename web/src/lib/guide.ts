import { useMutation } from '@tanstack/react-query'
import type { GuideStatus, TypedDocumentString } from '../gql/graphql'
import { useWords } from '../i18n/words'
import { announce } from '../ui/announce'
import { errorText } from '../ui/states'
import { client } from './client'
import { request } from './gql'
import { sawPosition } from './position'

type Guided = { status: GuideStatus; position: string | null }

/** Everything that what a person says of their money may change. */
const changed = ['insights', 'transactions', 'spending']

export function isSaid(status: GuideStatus | undefined): boolean {
  return status === 'DONE' || status === 'ALREADY_SO'
}

/**
 * Something a person says of how their money is to be read: sent, spoken, and everything that rests on it
 * asked for again. `said` is what is spoken when it is done.
 */
export function useGuide<Variables>(
  document: TypedDocumentString<Record<string, Guided>, Variables>,
  said: string,
) {
  const words = useWords()
  return useMutation({
    mutationFn: async (variables: Variables): Promise<Guided> => {
      const [guided] = Object.values(await request(document, variables))
      if (!guided) throw new Error('an answer without a result')
      return guided
    },
    onSuccess: ({ status, position }) => {
      sawPosition(position)
      announce(isSaid(status) ? said : words.insights.refused[status as Refused])
      for (const topic of changed) client.invalidateQueries({ queryKey: [topic] })
    },
    onError: (error) => announce(errorText(words, error)),
  })
}

type Refused = Exclude<GuideStatus, 'DONE' | 'ALREADY_SO'>

/** What is to be shown of something that was not recorded, or nothing. */
export function useGuideRefusal(guide: { data?: Guided; error: Error | null }): string | null {
  const words = useWords()
  if (guide.error) return errorText(words, guide.error)
  if (guide.data && !isSaid(guide.data.status)) return words.insights.refused[guide.data.status as Refused]
  return null
}
