import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWords } from '../../i18n/words'
import { noticesOptions } from '../../queries/insights'
import { useAmountText } from '../../ui/amount'
import { useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'
import { noticeText } from '../notices/text'

const noticesShown = 3

/** The newest notices; permissions that end are told above already. */
export function NewestNotices() {
  const words = useWords()
  const { notices: texts } = words.insights
  const amountText = useAmountText()
  const nameText = useNameText()
  const found = useQuery(noticesOptions(true))
  const waiting = (found.data ?? []).filter(({ muted, kind }) => !muted && kind !== 'CONSENT_ENDING')
  return (
    <Card
      title={texts.title}
      aside={
        <Link to="/notices" className="inline-flex min-h-6 items-center text-accent underline">
          {words.common.seeAll}
          {waiting.length > noticesShown && ` (${waiting.length})`}
        </Link>
      }
    >
      {/* As high as what is usual, so that nothing below moves when the answer comes. */}
      <div className="min-h-[138px]">
        <Awaited of={found} rows={noticesShown} height={38} />
        {found.data && waiting.length === 0 && (
          <p className="max-w-prose text-muted">
            {texts.empty}. {texts.emptyText}
          </p>
        )}
        <ul className="flex flex-col gap-3">
          {waiting.slice(0, noticesShown).map((notice) => (
            <li key={notice.key}>
              <span className="block text-sm text-muted">{texts.kind[notice.kind]}</span>
              <span className="break-words">{noticeText(notice, words, amountText, nameText)}</span>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  )
}
