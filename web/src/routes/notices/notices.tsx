import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../../i18n/words'
import { useAsOf } from '../../lib/as-of'
import { noticesOptions } from '../../queries/insights'
import { Awaited, Empty } from '../../ui/states'
import { InsightPage } from '../insights/frame'
import { NoticeCard } from './card'

export function NoticesPage() {
  const { notices: texts } = useWords().insights
  const asOf = useAsOf()
  const [withMuted, setWithMuted] = useState(false)
  const found = useQuery(noticesOptions(true, asOf))
  const all = found.data ?? []
  const shown = withMuted ? all : all.filter(({ muted }) => !muted)
  return (
    <InsightPage
      title={texts.title}
      lead={texts.lead}
      pending={found.isPending}
      known={all[0]?.knownAt}
      found
    >
      <Awaited of={found} rows={4} height={96} />
      {found.data && shown.length === 0 && (
        <Empty title={texts.empty} text={all.length > 0 ? texts.emptyMuted : texts.emptyText} />
      )}
      <ul className="flex flex-col gap-3">
        {shown.map((notice) => (
          <li key={notice.key}>
            <NoticeCard notice={notice} past={asOf !== undefined} />
          </li>
        ))}
      </ul>
      {all.some(({ muted }) => muted) && (
        <label className="screen-only mt-4 flex min-h-9 items-center gap-2">
          <input
            type="checkbox"
            className="size-5 accent-accent"
            checked={withMuted}
            onChange={({ target }) => setWithMuted(target.checked)}
          />
          {texts.showMuted}
        </label>
      )}
    </InsightPage>
  )
}
