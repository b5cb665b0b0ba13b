import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { useNumberText, useWords } from '../../i18n/words'
import { auditDifferenceOptions } from '../../queries/audit'
import { Button } from '../../ui/button'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

type PlaceProps = {
  from: string
  to: string
  place: string
  mark: string | null
  onPlace: (position: string) => void
  onMark: () => void
  onCompare: () => void
}

/** The place of the log everything below stands for. It is taken when the handle is let go. */
export function Place({ from, to, place, mark, onPlace, onMark, onCompare }: PlaceProps) {
  const words = useWords()
  const id = useId()
  const [moving, setMoving] = useState(place)
  useEffect(() => setMoving(place), [place])
  const settle = () => moving !== place && onPlace(moving)
  return (
    <Card>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {words.audit.asOf} <span className="amount">{moving}</span>
      </label>
      <input
        id={id}
        type="range"
        className="w-full accent-accent"
        min={Number(from)}
        max={Number(to)}
        value={Number(moving)}
        aria-valuetext={words.audit.asOfText(moving)}
        onChange={(event) => setMoving(event.target.value)}
        onPointerUp={settle}
        onKeyUp={settle}
        onBlur={settle}
      />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button disabled={place === to} onClick={() => onPlace(to)}>
          {words.audit.latest}
        </Button>
        <Button onClick={onMark}>{words.audit.mark}</Button>
        {mark && mark !== place && <Button onClick={onCompare}>{words.audit.compare(mark)}</Button>}
      </div>
    </Card>
  )
}

type DifferenceProps = { roleId: string; one: string; other: string }

/** What happened between two places. */
export function Difference({ roleId, one, other }: DifferenceProps) {
  const words = useWords()
  const [from, to] = Number(one) < Number(other) ? [one, other] : [other, one]
  const number = useNumberText()
  const difference = useQuery(auditDifferenceOptions(roleId, from, to))
  return (
    <Card title={words.audit.difference(from, to)}>
      <Awaited of={difference} rows={2} height={24} />
      {difference.data && (
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
          <dt className="amount text-right font-semibold">{number(difference.data.events)}</dt>
          <dd className="font-semibold">{words.audit.events}</dd>
          {difference.data.types.map(({ eventType, count }) => (
            <div key={eventType} className="contents">
              <dt className="amount text-right">{number(count)}</dt>
              <dd>
                <code className="font-mono text-sm break-all">{eventType}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  )
}
