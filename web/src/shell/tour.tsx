import { useState } from 'react'
import { useTourWords } from '../i18n/tour'
import { useWords } from '../i18n/words'
import { changePreferences } from '../lib/preferences'
import { Button } from '../ui/button'
import { Modal } from '../ui/modal'

/** Five steps through what is where; it can be left at any of them and taken again. */
export default function Tour({ onClose }: { onClose: () => void }) {
  const words = useWords()
  const texts = { ...words.page.tour, ...useTourWords() }
  const [at, setAt] = useState(0)
  const [title, text] = texts.steps[at] ?? ['', '']
  const last = at === texts.steps.length - 1
  const close = () => {
    changePreferences({ tourSeen: true })
    onClose()
  }
  return (
    <Modal title={texts.title} onClose={close}>
      <div aria-live="polite">
        <p className="text-sm text-muted">{texts.step(at + 1, texts.steps.length)}</p>
        <h3 className="mt-2 text-lg font-semibold">{title}</h3>
        <p className="mt-1 min-h-16">{text}</p>
      </div>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        {!last && (
          <Button look="quiet" className="mr-auto" onClick={close}>
            {texts.skip}
          </Button>
        )}
        {at > 0 && <Button onClick={() => setAt(at - 1)}>{texts.back}</Button>}
        <Button look="primary" onClick={() => (last ? close() : setAt(at + 1))}>
          {last ? texts.done : texts.next}
        </Button>
      </div>
    </Modal>
  )
}
