import { useMutation } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { type BanksQuery, ConnectBankDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantDayText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { goTo } from '../../lib/leave'
import { sawPosition } from '../../lib/position'
import { Button, ButtonLink } from '../../ui/button'
import { Failure } from '../../ui/states'
import { type Choice, historyText } from './shared'

type Bank = BanksQuery['banks'][number]
type ConfirmProps = { bank: Bank; choice: Choice; onBack: () => void }

const dayMilliseconds = 86_400_000

export function Confirm({ bank, choice, onBack }: ConfirmProps) {
  const words = useWords()
  const connect = useMutation({
    mutationFn: () => request(ConnectBankDocument, { bankId: bank.id, ...choice }),
    onSuccess: ({ connectBank: answer }) => {
      sawPosition(answer.position)
      if (answer.status === 'REDIRECT' && answer.authorizeUrl) goTo(answer.authorizeUrl)
    },
  })
  const status = connect.data?.connectBank.status
  const elsewhere = status === 'CONFIRM_ELSEWHERE' ? connect.data?.connectBank : undefined
  const going = connect.isPending || status === 'REDIRECT' || Boolean(elsewhere)
  const problem = status && status !== 'REDIRECT' && status !== 'CONFIRM_ELSEWHERE' ? status : null
  const ends = instantDayText(
    new Date(Date.now() + choice.consentDays * dayMilliseconds).toISOString(),
    words.locale,
  )
  return (
    <section className="card p-4 sm:p-6">
      <h2 className="text-lg font-semibold">{words.connect.goTo(bank.name)}</h2>
      <p className="mt-2">{words.connect.goText(bank.name)}</p>
      <p className="mt-2 text-muted">{words.connect.check}</p>
      <h3 className="mt-5 font-medium">{words.connect.summary}</h3>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-muted">{words.connect.duration}</dt>
        <dd>
          {words.common.days(choice.consentDays)}, {words.connect.until(ends)}
        </dd>
        <dt className="text-muted">{words.connect.reach}</dt>
        <dd>{historyText(choice.historyDays, words)}</dd>
      </dl>
      <div role="alert" className={problem ? 'mt-4 text-negative' : 'sr-only'}>
        {problem && words.connect.problem[problem]}
      </div>
      <div role="status" className={elsewhere ? 'mt-4 flex flex-col items-start gap-2' : 'sr-only'}>
        {elsewhere && (
          <>
            <p className="font-medium">{words.connect.elsewhere(bank.name)}</p>
            {elsewhere.instruction && <p>{elsewhere.instruction}</p>}
            {elsewhere.connectionId && (
              <ButtonLink to="/connections/$connectionId" params={{ connectionId: elsewhere.connectionId }}>
                {words.connect.toConnection}
              </ButtonLink>
            )}
          </>
        )}
      </div>
      {connect.isError && (
        <div className="mt-4">
          <Failure error={connect.error} />
        </div>
      )}
      <div className="mt-6 flex flex-wrap justify-between gap-2">
        <Button onClick={onBack} disabled={going}>
          {words.common.back}
        </Button>
        <Button look="primary" disabled={going} onClick={() => connect.mutate()}>
          <ExternalLink size={16} aria-hidden="true" />
          {going ? words.connect.going : words.connect.go(bank.name)}
        </Button>
      </div>
    </section>
  )
}
