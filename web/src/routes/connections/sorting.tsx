import type { ConnectionsQuery } from '../../gql/graphql'
import { useSortingWords } from '../../i18n/sorting'
import { usePreferences } from '../../lib/preferences'
import { foldedText } from '../../lib/query'
import { Field } from '../../ui/field'

type Connection = ConnectionsQuery['connections'][number]

/** With more than these a list is searched and sorted. */
export const fewConnections = 5

const orders = ['newest', 'ending', 'bank'] as const
export type Wish = { text: string; by: (typeof orders)[number] }

/** No end is the latest of all. */
const never = '9999'

/** The connections whose bank or account fits the words, in the order that is wished for. */
export function wished(
  connections: readonly Connection[],
  { text, by }: Wish,
  locale: string,
): readonly Connection[] {
  const word = foldedText(text).trim()
  const says = ({ bank, accounts }: Connection) =>
    [bank.name, ...accounts.map(({ name }) => name)].some((each) => foldedText(each).includes(word))
  const found = connections.filter(says)
  if (by === 'bank') return found.toSorted((a, b) => a.bank.name.localeCompare(b.bank.name, locale))
  if (by === 'ending')
    return found.toSorted((a, b) => (a.expiresAt ?? never).localeCompare(b.expiresAt ?? never))
  return found
}

type SortingProps = { wish: Wish; onWish: (wish: Wish) => void; found: number }

export function Sorting({ wish, onWish, found }: SortingProps) {
  const texts = useSortingWords()
  const { namesHidden } = usePreferences()
  return (
    <div className="screen-only mb-6 grid gap-4 sm:grid-cols-[1fr_14rem]">
      <Field label={texts.search}>
        {(ids) => (
          <input
            {...ids}
            type="search"
            className={`control ${namesHidden ? '[-webkit-text-security:disc]' : ''}`}
            maxLength={100}
            autoComplete="off"
            value={wish.text}
            onChange={({ target }) => onWish({ ...wish, text: target.value })}
          />
        )}
      </Field>
      <Field label={texts.order}>
        {(ids) => (
          <select
            {...ids}
            className="control"
            value={wish.by}
            onChange={({ target }) => onWish({ ...wish, by: target.value as Wish['by'] })}
          >
            {orders.map((order) => (
              <option key={order} value={order}>
                {texts.orders[order]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <p role="status" className="text-sm text-muted sm:col-span-2">
        {wish.text.trim() && texts.found(found)}
      </p>
    </div>
  )
}
