import { useKeyWords } from '../i18n/keys'
import { useWords } from '../i18n/words'
import { foldedText } from '../lib/query'
import { places } from './places'

const folded = (text: string) => foldedText(text).trim()

/** Every key there is, by where it works; with words, those whose key or deed has them. */
export function KeyTables({ holding = '' }: { holding?: string }) {
  const words = useWords()
  const texts = useKeyWords()
  const wanted = folded(holding)
  const goTo = places.flatMap(({ letter, name }) => (letter ? [[texts.goTo(letter), words.nav[name]]] : []))
  const parts = (['everywhere', 'list', 'choosing', 'detail'] as const).map((part) => {
    const rows = [...(part === 'everywhere' ? goTo : []), ...texts.rows[part]]
    return { part, rows: rows.filter((row) => row.some((text) => folded(text ?? '').includes(wanted))) }
  })
  const found = parts.filter(({ rows }) => rows.length > 0)
  if (found.length === 0) return <p className="mt-4 text-muted">{texts.noneFits}</p>
  return found.map(({ part, rows }) => (
    <table key={part} className="mt-4 w-full first:mt-0">
      <caption className="pb-1 text-left font-semibold">{texts[part]}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">{words.settings.keyColumn}</th>
          <th scope="col">{words.settings.doesColumn}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([key, does]) => (
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
