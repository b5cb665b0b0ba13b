import { Link } from '@tanstack/react-router'
import {
  BellOff,
  CircleHelp,
  CircleSlash,
  Copy,
  KeyRound,
  type LucideIcon,
  ReceiptText,
  TrendingDown,
  TrendingUp,
  TriangleAlert,
} from 'lucide-react'
import { MuteNoticeDocument, type NoticeKind } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { dayText } from '../../lib/dates'
import { useGuide, useGuideRefusal } from '../../lib/guide'
import { useAmountText } from '../../ui/amount'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { useNameText } from '../../ui/name'
import { Refusal } from '../../ui/refusal'
import { RestsOn } from '../insights/rests-on'
import { type Notice, noticeText } from './text'

const icons: Record<NoticeKind, LucideIcon> = {
  UNUSUAL_AMOUNT: TriangleAlert,
  DOUBLE_CHARGE: Copy,
  HIGH_BILL: ReceiptText,
  PRICE_RISE: TrendingUp,
  LOW_BALANCE: TrendingDown,
  STILL_USED: CircleHelp,
  STOPPED: CircleSlash,
  CONSENT_ENDING: KeyRound,
}

export function NoticeCard({ notice, past }: { notice: Notice; past: boolean }) {
  const words = useWords()
  const { notices: texts } = words.insights
  const amountText = useAmountText()
  const nameText = useNameText()
  const { kind, key, muted, day, restsOn } = notice
  const text = noticeText(notice, words, amountText, nameText)
  const mute = useGuide(MuteNoticeDocument, muted ? texts.isUnmuted : texts.isMuted)
  const refusal = useGuideRefusal(mute)
  const Icon = icons[kind]
  return (
    <article
      className={`card flex flex-wrap gap-3 p-4 sm:flex-nowrap sm:gap-4 sm:p-5 ${muted ? 'bg-canvas' : ''}`}
    >
      <span
        aria-hidden="true"
        className="mt-0.5 flex size-9 shrink-0 items-center justify-center rounded-[10px] bg-warn-soft text-warn"
      >
        <Icon size={18} />
      </span>
      <div className="min-w-0 flex-1 basis-[calc(100%-4rem)] sm:basis-0">
        <h2 className="flex flex-wrap items-center gap-x-2 gap-y-1 font-semibold">
          {texts.kind[kind]}
          {muted && <Badge tone="quiet">{texts.muted}</Badge>}
          <span className="text-sm font-normal text-muted tabular-nums">{dayText(day, words.locale)}</span>
        </h2>
        <p className="mt-0.5 break-words">{text}</p>
        <Onward kind={kind} />
        <RestsOn ids={restsOn} />
        <Refusal text={refusal} />
      </div>
      {!past && (
        <Button
          look="quiet"
          className="screen-only self-start px-2 max-sm:ml-10"
          aria-label={muted ? texts.unmuteOf(text) : texts.muteOf(text)}
          disabled={mute.isPending}
          onClick={() => mute.mutate({ key, muted: !muted })}
        >
          <BellOff size={16} aria-hidden="true" className="max-sm:hidden" />
          {muted ? texts.unmute : texts.mute}
        </Button>
      )}
    </article>
  )
}

const link = 'mt-1 inline-flex min-h-6 items-center text-accent underline underline-offset-2'

/** Where one can do something about it. */
function Onward({ kind }: { kind: NoticeKind }) {
  const { notices: texts } = useWords().insights
  if (kind === 'LOW_BALANCE') {
    return (
      <Link to="/forecast" className={link}>
        {texts.toForecast}
      </Link>
    )
  }
  if (kind === 'CONSENT_ENDING') {
    return (
      <Link to="/connections" className={link}>
        {texts.toConnections}
      </Link>
    )
  }
  if (kind !== 'PRICE_RISE' && kind !== 'STOPPED' && kind !== 'STILL_USED') return null
  return (
    <Link to="/recurring" className={link}>
      {texts.toRecurring}
    </Link>
  )
}
