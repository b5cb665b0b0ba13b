import { type ReactNode, useState } from 'react'
import { useWords } from '../i18n/words'
import { Button } from './button'

/** A picture and the table that says the same: one at a time, at a press. */
export function Twin({ table, children }: { table: ReactNode; children: ReactNode }) {
  const words = useWords()
  const [asTable, setAsTable] = useState(false)
  return (
    <div>
      {asTable ? table : children}
      <div className="screen-only mt-3 text-right">
        <Button look="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? words.common.showChart : words.common.showTable}
        </Button>
      </div>
    </div>
  )
}
