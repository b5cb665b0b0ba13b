import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ImportsQuery } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantText } from '../../lib/dates'
import { importsOptions } from '../../queries/options'
import { useAmountText } from '../../ui/amount'
import { Badge, type BadgeTone } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Name } from '../../ui/name'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

type Brought = ImportsQuery['imports']['nodes'][number]
type Account = Brought['accounts'][number]

/** Every file that was brought, newest first, and what it came to. */
export function BroughtFiles() {
  const words = useWords()
  const files = useInfiniteQuery(importsOptions)
  const pages = files.data?.pages ?? []
  const all = pages.flatMap((page) => page.nodes)
  const total = pages[0]?.totalCount ?? 0
  const count = (n: number) => n.toLocaleString(words.locale)
  return (
    <Card title={words.importing.list.title}>
      <Awaited of={files} rows={2} height={72} />
      {files.isSuccess && all.length === 0 && <p className="text-muted">{words.importing.list.none}</p>}
      {all.length > 0 && (
        <>
          <ul className="divide-y divide-line">
            {all.map((file) => (
              <li key={file.id} className="py-4 first:pt-0 last:pb-0">
                <File file={file} />
              </li>
            ))}
          </ul>
          <div className="mt-4 flex flex-wrap items-center gap-3">
            <p role="status" className="text-sm text-muted">
              {words.importing.list.showing(count(all.length), count(total))}
            </p>
            {files.hasNextPage && (
              <Button look="quiet" disabled={files.isFetchingNextPage} onClick={() => files.fetchNextPage()}>
                {words.importing.list.more}
              </Button>
            )}
          </div>
        </>
      )}
    </Card>
  )
}

function File({ file }: { file: Brought }) {
  const words = useWords()
  const { list } = words.importing
  const format = list.formats[file.format] ?? file.format
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h3 className="min-w-0 font-medium break-all">
          <Name>{file.fileName ?? list.nameless}</Name>
        </h3>
        <p className="text-sm text-muted">
          {format} · {instantText(file.receivedAt, words.locale)}
          {file.broughtBy && (
            <>
              {' '}
              · <Name>{list.by(file.broughtBy)}</Name>
            </>
          )}
        </p>
      </div>
      {!file.completedAt && <p className="text-sm">{list.brokenOff}</p>}
      {file.accounts.map((account) => (
        <Came key={account.id} account={account} />
      ))}
    </div>
  )
}

const tones: Record<Account['check'], BadgeTone> = { HOLDS: 'good', NOT_GIVEN: 'quiet', BREAKS: 'warn' }
const checks = { HOLDS: 'holds', NOT_GIVEN: 'notGiven', BREAKS: 'breaks' } as const

/** What a file came to for one account. */
function Came({ account }: { account: Account }) {
  const words = useWords()
  const amount = useAmountText()
  const { list, counts } = words.importing
  const number = (n: number) => n.toLocaleString(words.locale)
  const told = [
    [counts.new, account.new],
    [counts.settles, account.settled],
    [counts.doubtful, account.doubtful],
    [counts.same, account.same],
  ] as const
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      {account.name && (
        <Link
          to="/accounts/$accountId"
          params={{ accountId: account.id }}
          className="inline-flex min-h-6 items-center font-medium underline decoration-line underline-offset-4 hover:decoration-current"
        >
          <Name>{account.name}</Name>
        </Link>
      )}
      <span className="text-muted tabular-nums">
        {told
          .filter(([, n], place) => place === 0 || place === 3 || n > 0)
          .map(([name, n]) => `${name} ${number(n)}`)
          .join(' · ')}
      </span>
      <Badge tone={tones[account.check]}>{list.check[checks[account.check]]}</Badge>
      {account.difference && <span>{words.importing.breaksText(amount(account.difference))}</span>}
    </div>
  )
}
