import { useKeyWords } from '../i18n/keys'
import { useWords } from '../i18n/words'
import { places } from './places'

/** Every key there is, by where it works. */
export function KeyTables() {
  const words = useWords()
  const texts = useKeyWords()
  const goTo = places.flatMap(({ letter, name }) => (letter ? [[texts.goTo(letter), words.nav[name]]] : []))
  const parts = ['everywhere', 'list', 'choosing', 'detail'] as const
  return parts.map((part) => (
    <table key={part} className="mt-4 w-full first:mt-0">
      <caption className="pb-1 text-left font-semibold">{texts[part]}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">{words.settings.keyColumn}</th>
          <th scope="col">{words.settings.doesColumn}</th>
        </tr>
      </thead>
      <tbody>
        {[...(part === 'everywhere' ? goTo : []), ...texts.rows[part]].map(([key, does]) => (
          <tr key={key} className="border-t border-line">
            <th scope="row" className="w-40 py-1.5 pr-3 text-left font-normal">
              <kbd className="font-mono text-sm">{key}</kbd>
            </th>
            <td className="py-1.5">{does}</td>
          </tr>
        ))}
      </tbody>
    </table>
  ))
}
