import { useState } from 'react'
import { useKeyWords } from '../i18n/keys'
import { usePreferences } from '../lib/preferences'
import { Modal } from '../ui/modal'
import { KeyTables } from './key-tables'

/** The sheet of all keys. */
export default function Keys({ onClose }: { onClose: () => void }) {
  const texts = useKeyWords()
  const { singleKeys } = usePreferences()
  const [holding, setHolding] = useState('')
  return (
    <Modal title={texts.title} onClose={onClose}>
      {!singleKeys && <p className="mb-4 rounded-control bg-warn-soft p-3 text-warn">{texts.off}</p>}
      <input
        type="search"
        aria-label={texts.find}
        placeholder={texts.find}
        maxLength={100}
        value={holding}
        onChange={({ target }) => setHolding(target.value)}
        className="control mb-4 placeholder:text-muted"
      />
      <KeyTables holding={holding} />
    </Modal>
  )
}
