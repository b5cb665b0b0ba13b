import { useKeyWords } from '../i18n/keys'
import { usePreferences } from '../lib/preferences'
import { Modal } from '../ui/modal'
import { KeyTables } from './key-tables'

/** The sheet of all keys. */
export default function Keys({ onClose }: { onClose: () => void }) {
  const texts = useKeyWords()
  const { singleKeys } = usePreferences()
  return (
    <Modal title={texts.title} onClose={onClose}>
      {!singleKeys && <p className="mb-4 rounded-control bg-warn-soft p-3 text-warn">{texts.off}</p>}
      <KeyTables />
    </Modal>
  )
}
