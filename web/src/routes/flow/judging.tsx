import { useEffect, useRef } from 'react'
import { JudgeRefundDocument, type PairPartsFragment } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { isSaid, useGuide, useGuideRefusal } from '../../lib/guide'
import { Button } from '../../ui/button'
import { useNameText } from '../../ui/name'
import { Refusal } from '../../ui/refusal'

type Ids = { outId: string; backId: string }

function useName({ out }: PairPartsFragment): string {
  const nameText = useNameText()
  return out ? nameText(out.counterparty ?? out.text) : ''
}

type JudgingProps = {
  pair: PairPartsFragment
  ids: Ids
  /** The person said that it is no refund: it is not suggested again, and its line goes. */
  onRefused: () => void
}

/** Whether money that came in gives back what was paid: the person's word on what was found. */
export function Judging({ pair, ids, onRefused }: JudgingProps) {
  const { flow: texts } = usePageWords()
  const name = useName(pair)
  const confirm = useGuide(JudgeRefundDocument, texts.judged.isRefund(name))
  const refuse = useGuide(JudgeRefundDocument, texts.judged.noRefund(name))
  const refusals = [useGuideRefusal(confirm), useGuideRefusal(refuse)]
  const pending = confirm.isPending || refuse.isPending
  const said = pair.reasons.includes('CONFIRMED')
  const pressNo = async () => {
    const answer = await refuse.mutateAsync({ ...ids, belongs: false }).catch(() => null)
    if (isSaid(answer?.status)) onRefused()
  }
  return (
    <span className="screen-only mt-1 flex flex-wrap items-center gap-2">
      {!said && (
        <Button
          disabled={pending}
          aria-label={`${texts.isRefund}: ${name}`}
          onClick={() => confirm.mutate({ ...ids, belongs: true })}
        >
          {texts.isRefund}
        </Button>
      )}
      <Button disabled={pending} aria-label={`${texts.noRefund}: ${name}`} onClick={pressNo}>
        {texts.noRefund}
      </Button>
      {refusals.map((text) => text && <Refusal key={text} text={text} />)}
    </span>
  )
}

type RefusedProps = { pair: PairPartsFragment; ids: Ids; onUndone: () => void }

/** In the place of a refund that the person refused, as long as the page is open: the way back. */
export function Refused({ pair, ids, onUndone }: RefusedProps) {
  const { flow: texts } = usePageWords()
  const name = useName(pair)
  const undo = useGuide(JudgeRefundDocument, texts.judged.undone(name))
  const refusal = useGuideRefusal(undo)
  // The button that was pressed went with its line: the focus goes on to the way back.
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  const press = async () => {
    const answer = await undo.mutateAsync({ ...ids, belongs: null }).catch(() => null)
    if (isSaid(answer?.status)) onUndone()
  }
  return (
    <span className="flex flex-wrap items-center justify-between gap-2">
      <span className="min-w-0 break-words text-muted">{texts.judged.noRefund(name)}</span>
      <Button ref={button} disabled={undo.isPending} aria-label={`${texts.undo}: ${name}`} onClick={press}>
        {texts.undo}
      </Button>
      <Refusal text={refusal} />
    </span>
  )
}
