import { lazy, Suspense, useState } from 'react'
import { useWords } from '../../i18n/words'
import { changePreferences, usePreferences } from '../../lib/preferences'
import { Button } from '../../ui/button'

const Tour = lazy(() => import('../../shell/tour'))

/** Offers the tour until it was taken or skipped; nothing opens by itself. */
export function TourOffer() {
  const words = useWords()
  const { tourSeen } = usePreferences()
  const [open, setOpen] = useState(false)
  const texts = words.page.tour
  if (tourSeen) return null
  return (
    <section className="card flex flex-wrap items-center gap-2 p-4 sm:px-6">
      <div className="min-w-0 grow basis-60">
        <h2 className="font-semibold">{texts.title}</h2>
        <p className="text-muted">{texts.againText}</p>
      </div>
      <Button look="primary" onClick={() => setOpen(true)}>
        {words.page.palette.tour}
      </Button>
      <Button look="quiet" onClick={() => changePreferences({ tourSeen: true })}>
        {texts.skip}
      </Button>
      {open && (
        <Suspense>
          <Tour onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </section>
  )
}
