import { useMutation, useQuery } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { useState } from 'react'
import { RenewConnectionDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { instantDayText } from '../../lib/dates'
import { request } from '../../lib/gql'
import { goTo } from '../../lib/leave'
import { sawPosition } from '../../lib/position'
import { banksOptions } from '../../queries/options'
import { Button } from '../../ui/button'
import { Modal } from '../../ui/modal'
import { useNameText } from '../../ui/name'
import { Refusal } from '../../ui/refusal'
import { Awaited, errorText } from '../../ui/states'
import { firstChoice, Lengths, lengthsUpTo } from '../connect/shared'

type RenewProps = { connectionId: string; bank: { id: string; name: string }; onClose: () => void }

const usualConsentDays = [30, 90, 180]

/** What happens, for how long, and the way to the bank. Nothing ends here until the new one stands. */
export default function RenewDialog({ connectionId, bank, onClose }: RenewProps) {
  const words = useWords()
  const bankName = useNameText()(bank.name)
  const banks = useQuery(banksOptions)
  const profile = banks.data?.find(({ id }) => id === bank.id)
  const [chosen, setChosen] = useState<number | null>(null)
  const renew = useMutation({
    mutationFn: (days: { consentDays: number; historyDays: number }) =>
      request(RenewConnectionDocument, { connectionId, ...days }),
    onSuccess: ({ renewConnection: answer }) => {
      sawPosition(answer.position)
      if (answer.status === 'REDIRECT' && answer.authorizeUrl) goTo(answer.authorizeUrl)
    },
  })
  const status = renew.data?.renewConnection.status
  const elsewhere = status === 'CONFIRM_ELSEWHERE' ? renew.data?.renewConnection : undefined
  const going = renew.isPending || status === 'REDIRECT' || Boolean(elsewhere)
  const choice = profile && firstChoice(profile)
  const days = chosen ?? choice?.consentDays ?? 0
  const until = instantDayText(new Date(Date.now() + days * 86_400_000).toISOString(), words.locale)
  const refused =
    status && status !== 'REDIRECT' && status !== 'CONFIRM_ELSEWHERE' ? words.connect.problem[status] : null
  return (
    <Modal title={words.sync.renewal.title(bankName)} onClose={onClose}>
      <p>{words.sync.renewal.text(bankName)}</p>
      <p className="mt-2">{words.sync.renewal.keeps}</p>
      <p className="mt-2 text-muted">{words.connect.check}</p>
      <Awaited of={banks} rows={3} height={36} />
      {profile && choice && (
        <>
          <Lengths
            name="renewal-days"
            legend={words.connect.howLong}
            lengths={[...new Set([...lengthsUpTo(profile.longestConsentDays, usualConsentDays), days])].sort(
              (a, b) => a - b,
            )}
            chosen={days}
            text={(length) =>
              length === days
                ? `${words.common.days(length)}, ${words.connect.until(until)}`
                : words.common.days(length)
            }
            onChange={setChosen}
          />
          {elsewhere && (
            <p role="status" className="mt-4">
              <span className="font-medium">{words.connect.elsewhere(bankName)}</span> {elsewhere.instruction}
            </p>
          )}
          <Refusal text={renew.isError ? errorText(words, renew.error) : refused} />
          <div className="mt-6 flex flex-wrap justify-end gap-2">
            <Button disabled={going} onClick={onClose}>
              {words.sync.edit.cancel}
            </Button>
            <Button
              look="primary"
              disabled={going}
              onClick={() => renew.mutate({ consentDays: days, historyDays: choice.historyDays })}
            >
              <ExternalLink size={16} aria-hidden="true" />
              {going ? words.connect.going : words.connect.go(bankName)}
            </Button>
          </div>
        </>
      )}
    </Modal>
  )
}
