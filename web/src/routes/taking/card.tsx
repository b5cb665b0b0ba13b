import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTakingWords } from '../../i18n/taking'
import { bucketsOptions } from '../../queries/options'
import { Button } from '../../ui/button'
import { Card } from '../../ui/page'
import { Failure } from '../../ui/states'

const ExportDialog = lazy(() => import('../../ledger/export'))
const TakeWhole = lazy(() => import('./whole'))

/** Everything, also what is off the lists. */
const everything = {}

/** The two ways to take one's data along: a table to look at, and all there is for another program. */
export function TakingCard() {
  const texts = useTakingWords()
  const [taken, setTaken] = useState<'table' | 'whole' | null>(null)
  const buckets = useQuery({ ...bucketsOptions(everything), enabled: taken === 'table' })
  const close = () => setTaken(null)
  return (
    <Card title={texts.title}>
      <p className="mb-2 max-w-prose text-muted">{texts.text}</p>
      <ul className="divide-y divide-line">
        <Way name={texts.table} text={texts.tableText} onPress={() => setTaken('table')} />
        <Way name={texts.whole} text={texts.wholeText} onPress={() => setTaken('whole')} />
      </ul>
      {taken === 'table' && buckets.isError && (
        <Failure error={buckets.error} retry={() => buckets.refetch()} />
      )}
      <Suspense>
        {taken === 'table' && buckets.data && (
          <ExportDialog filter={everything} buckets={buckets.data.buckets} onClose={close} />
        )}
        {taken === 'whole' && <TakeWhole onClose={close} />}
      </Suspense>
    </Card>
  )
}

function Way({ name, text, onPress }: { name: string; text: ReactNode; onPress: () => void }) {
  const texts = useTakingWords()
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium">{name}</p>
        <p className="max-w-prose text-sm text-muted">{text}</p>
      </div>
      <Button aria-label={texts.saveOf(name)} onClick={onPress}>
        {texts.save}
      </Button>
    </li>
  )
}
