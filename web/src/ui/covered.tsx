import { useWords } from '../i18n/words'
import { changePreferences } from '../lib/preferences'
import { Button } from './button'

/** In place of a form that would have to show what is hidden: why it is not here, and the way to it. */
export function Covered({ what, title }: { what: 'amounts' | 'names'; title: string }) {
  const words = useWords()
  const texts = words.page.privacy
  const show = () => changePreferences(what === 'amounts' ? { amountsHidden: false } : { namesHidden: false })
  return (
    <section aria-label={title || undefined} className="rounded-control bg-inset p-3">
      <p className="mb-2">{what === 'amounts' ? texts.coveredAmounts : texts.coveredNames}</p>
      <Button onClick={show}>{what === 'amounts' ? words.common.showAmounts : texts.showNames}</Button>
    </section>
  )
}
