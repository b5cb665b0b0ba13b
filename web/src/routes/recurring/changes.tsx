import { CircleSlash, Sparkles, TrendingDown, TrendingUp } from 'lucide-react'
import { usePageWords } from '../../i18n/page-words'
import { useWords } from '../../i18n/words'
import type { Stream } from '../../lib/beats'
import { dayText } from '../../lib/dates'
import { absolute, difference, isNegative } from '../../lib/money'
import { useAmountText } from '../../ui/amount'
import { useNameText } from '../../ui/name'
import { Card } from '../../ui/page'

/** What changed lately: prices first, then what began and what no longer comes. */
export function Changes({ streams }: { streams: readonly Stream[] }) {
  const { recurring: texts } = usePageWords()
  const changed = streams.filter(({ priceChange, state }) => priceChange && state !== 'STOPPED')
  const began = streams.filter(({ state, priceChange }) => state === 'NEW' && !priceChange)
  const stopped = streams.filter(({ state }) => state === 'STOPPED')
  const all = [...changed, ...began, ...stopped]
  return (
    <Card title={texts.changes}>
      {all.length === 0 && <p className="text-muted">{texts.noChange}</p>}
      <ul className="flex flex-col gap-3">
        {all.map((stream) => (
          <li key={`${stream.payee} ${stream.hits[0]?.transactionId}`}>
            <Change stream={stream} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Change({ stream }: { stream: Stream }) {
  const words = useWords()
  const { recurring: texts, rhythm } = usePageWords()
  const amountText = useAmountText()
  const { state, priceChange, nextDay } = stream
  const label = useNameText()(stream.label)
  const day = (of: string) => dayText(of, words.locale)
  if (state === 'STOPPED') return <Line icon={CircleSlash} text={texts.ended(label, day(nextDay))} />
  if (!priceChange) return <Line icon={Sparkles} text={texts.began(label, rhythm[stream.rhythm])} />
  const [from, to] = [absolute(priceChange.from), absolute(priceChange.to)]
  const more = !isNegative(difference(to, from))
  const out = isNegative(priceChange.to)
  const say = out ? (more ? texts.dearer : texts.cheaper) : more ? texts.paysMore : texts.paysLess
  return (
    <Line
      icon={more ? TrendingUp : TrendingDown}
      text={say(label, amountText(absolute(difference(to, from))), day(priceChange.day))}
      more={texts.fromTo(amountText(from), amountText(to))}
      warns={out && more}
    />
  )
}

type LineProps = { icon: typeof TrendingUp; text: string; more?: string; warns?: boolean }

function Line({ icon: Icon, text, more, warns = false }: LineProps) {
  return (
    <span className="flex items-start gap-3">
      <Icon size={18} aria-hidden="true" className={`mt-px shrink-0 ${warns ? 'text-warn' : 'text-muted'}`} />
      <span className="min-w-0 break-words">
        {text}
        {more && <span className="block text-sm text-muted">{more}</span>}
      </span>
    </span>
  )
}
