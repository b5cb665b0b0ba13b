import { useWords } from '../i18n/words'
import { usePreferences } from '../lib/preferences'
import { Modal } from '../ui/modal'
import { places } from './places'

/** Every key there is, by where it works. */
export function KeyTables() {
  const words = useWords()
  const { keys, ...rest } = { ...words.page, settings: words.settings }
  const goTo = places.flatMap(({ letter, name }) => (letter ? [[keys.goTo(letter), words.nav[name]]] : []))
  const parts = ['everywhere', 'list', 'choosing', 'detail'] as const
  return (
    <>
      {parts.map((part) => (
        <table key={part} className="mt-4 w-full first:mt-0">
          <caption className="pb-1 text-left font-semibold">{keys[part]}</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">{rest.settings.keyColumn}</th>
              <th scope="col">{rest.settings.doesColumn}</th>
            </tr>
          </thead>
          <tbody>
            {[...(part === 'everywhere' ? goTo : []), ...keys.rows[part]].map(([key, does]) => (
              <tr key={key} className="border-t border-line">
                <th scope="row" className="w-40 py-1.5 pr-3 text-left font-normal">
                  <kbd className="font-mono text-sm">{key}</kbd>
                </th>
                <td className="py-1.5">{does}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </>
  )
}

export default function Keys({ onClose }: { onClose: () => void }) {
  const words = useWords()
  const { singleKeys } = usePreferences()
  return (
    <Modal title={words.page.keys.title} onClose={onClose}>
      {!singleKeys && (
        <p className="mb-4 rounded-control bg-warn-soft p-3 text-warn">{words.page.keys.off}</p>
      )}
      <KeyTables />
    </Modal>
  )
}
