import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useDemoWords } from '../../i18n/demo'
import { useWords } from '../../i18n/words'
import { connectionsOptions } from '../../queries/options'
import { Button } from '../../ui/button'
import { isRemovedDemo } from '../../ui/demo'
import { Name, useNameText } from '../../ui/name'
import { Card } from '../../ui/page'

const RemoveDemo = lazy(() => import('./remove'))

/** The connections to sandbox banks, each to be removed; nothing while there is none. */
export function DemoCard() {
  const words = useWords()
  const texts = useDemoWords()
  const nameText = useNameText()
  const connections = useQuery(connectionsOptions)
  const [removing, setRemoving] = useState<string | null>(null)
  const demos = connections.data?.filter(
    (connection) => connection.bank.demo && connection.grantedAt !== null && !isRemovedDemo(connection),
  )
  const chosen = demos?.find(({ id }) => id === removing)
  if (!demos || demos.length === 0) return null
  return (
    <Card title={texts.title}>
      <p className="mb-3 max-w-prose text-muted">{texts.text}</p>
      <ul className="divide-y divide-line">
        {demos.map(({ id, bank, accounts }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2">
            <span>
              <Name className="font-medium">{bank.name}</Name>
              <span className="block text-sm text-muted">{words.common.accounts(accounts.length)}</span>
            </span>
            <Button
              look="danger"
              aria-label={texts.removeOf(nameText(bank.name))}
              onClick={() => setRemoving(id)}
            >
              {texts.remove}
            </Button>
          </li>
        ))}
      </ul>
      {chosen && (
        <Suspense>
          <RemoveDemo
            connectionId={chosen.id}
            bankName={chosen.bank.name}
            accounts={chosen.accounts.length}
            onClose={() => setRemoving(null)}
          />
        </Suspense>
      )}
    </Card>
  )
}
