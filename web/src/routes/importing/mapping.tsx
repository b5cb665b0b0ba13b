import { useWords } from '../../i18n/words'
import { usePreferences } from '../../lib/preferences'
import { mask } from '../../ui/amount'
import { Field } from '../../ui/field'
import { Card } from '../../ui/page'
import { CopyButton } from '../../ui/states'
import { type Mapping, type Role, type Table, withRole } from './bring'

type MappingProps = { table: Table; busy: boolean; onChange: (mapping: Mapping) => void }

/** How a table is read: one choice over each column, and the first rows below. */
export function MappingCard({ table, busy, onChange }: MappingProps) {
  const words = useWords()
  const { mapping } = table
  return (
    <Card title={words.importing.mapping}>
      <p className="mb-4 text-muted">{words.importing.mappingText}</p>
      <Columns table={table} busy={busy} onChange={onChange} />
      <div className="mt-4 grid gap-4 sm:grid-cols-2">
        <Field label={words.importing.dates}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={mapping.dates ?? ''}
              onChange={({ target }) =>
                onChange({ ...mapping, dates: (target.value || undefined) as Mapping['dates'] })
              }
            >
              <option value="">{words.importing.notSaid}</option>
              {(['ymd', 'dmy', 'mdy'] as const).map((order) => (
                <option key={order} value={order}>
                  {words.importing.dateOrders[order]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={words.importing.decimal}>
          {(ids) => (
            <select
              {...ids}
              className="control"
              value={mapping.decimal ?? ''}
              onChange={({ target }) =>
                onChange({ ...mapping, decimal: (target.value || undefined) as Mapping['decimal'] })
              }
            >
              <option value="">{words.importing.notSaid}</option>
              {(['comma', 'point'] as const).map((mark) => (
                <option key={mark} value={mark}>
                  {words.importing.decimals[mark]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <label className="mt-3 flex min-h-11 items-center gap-3">
        <input
          type="checkbox"
          checked={mapping.inverted ?? false}
          onChange={(event) => onChange({ ...mapping, inverted: event.target.checked })}
          className="size-5 shrink-0 accent-accent"
        />
        {words.importing.inverted}
      </label>
      <details className="mt-3">
        <summary className="min-h-6 cursor-pointer font-medium">{words.importing.asText}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre className="mt-2 overflow-x-auto rounded-control bg-inset p-3 font-mono text-sm" tabIndex={0}>
          {table.toml}
        </pre>
        <CopyButton text={table.toml} label={words.importing.asText} />
      </details>
      {table.headings.length > 0 && <p className="mt-3 text-sm text-muted">{words.importing.keptText}</p>}
    </Card>
  )
}

function Columns({ table, busy, onChange }: MappingProps) {
  const words = useWords()
  const { amountsHidden, namesHidden } = usePreferences()
  // What stands in a cell is not known: it may be either.
  const covered = amountsHidden || namesHidden
  const roles = Object.entries(words.importing.roles) as [Role, string][]
  const places = table.roles.map((_, place) => place)
  const heading = (place: number) => table.headings[place] || words.importing.column(String(place + 1))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section aria-label={words.importing.mapping} className="overflow-x-auto" aria-busy={busy} tabIndex={0}>
      <table className="w-max min-w-full text-sm">
        <thead>
          <tr className="text-left align-bottom">
            {places.map((place) => (
              <th key={place} scope="col" className="max-w-56 min-w-36 py-2 pr-3 font-medium">
                <span className="mb-1 block break-words">{heading(place)}</span>
                <select
                  aria-label={heading(place)}
                  className="control text-sm"
                  value={table.roles[place] ?? ''}
                  onChange={({ target }) =>
                    onChange(withRole(table, place, (target.value || null) as Role | null))
                  }
                >
                  <option value="">{words.importing.nothing}</option>
                  {roles.map(([role, name]) => (
                    <option key={role} value={role}>
                      {name}
                    </option>
                  ))}
                </select>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.sample.map((cells, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have nothing else to be told by
            <tr key={row} className="border-t border-line align-top">
              {places.map((place) => (
                <td key={place} className="max-w-56 py-1.5 pr-3 break-words text-muted">
                  {covered && cells[place] ? mask : (cells[place] ?? '')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
