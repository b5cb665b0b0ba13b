import { lazy, Suspense, useState } from 'react'
import { useErasingWords } from '../../i18n/erasing'
import { Button } from '../../ui/button'
import { Card } from '../../ui/page'

const EraseMe = lazy(() => import('./erase'))

/** The way out: everything of the person, for good. */
export function EraseCard() {
  const texts = useErasingWords()
  const [asking, setAsking] = useState(false)
  return (
    <Card title={texts.title}>
      <p className="mb-4 max-w-prose text-muted">{texts.text}</p>
      <Button look="danger" onClick={() => setAsking(true)}>
        {texts.open}
      </Button>
      {asking && (
        <Suspense>
          <EraseMe onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </Card>
  )
}
