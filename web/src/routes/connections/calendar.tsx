import { useMutation, useQuery } from '@tanstack/react-query'
import { CalendarDays } from 'lucide-react'
import { MakeCalendarDocument, RevokeCalendarDocument } from '../../gql/graphql'
import { useWords } from '../../i18n/words'
import { client } from '../../lib/client'
import { request } from '../../lib/gql'
import { hasCalendarOptions } from '../../queries/options'
import { announce } from '../../ui/announce'
import { Button } from '../../ui/button'
import { Field } from '../../ui/field'
import { Card } from '../../ui/page'
import { Awaited, CopyButton, Failure } from '../../ui/states'

/** The secret address for a calendar program: made, shown once, and taken back. */
export function RenewalCalendar() {
  const words = useWords()
  const { renewal: texts } = words.sync
  const has = useQuery(hasCalendarOptions)
  const make = useMutation({
    mutationFn: () => request(MakeCalendarDocument, {}),
    onSuccess: () => {
      announce(texts.made)
      client.setQueryData(hasCalendarOptions.queryKey, true)
    },
  })
  const revoke = useMutation({
    mutationFn: () => request(RevokeCalendarDocument, {}),
    onSuccess: () => {
      make.reset()
      announce(texts.revoked)
      client.setQueryData(hasCalendarOptions.queryKey, false)
    },
  })
  const path = make.data?.makeCalendar
  const address = path && new URL(path, window.location.origin).href
  const failure = make.error ?? revoke.error
  return (
    <Card title={texts.calendar}>
      <p className="max-w-prose">{texts.calendarText}</p>
      <Awaited of={has} rows={1} height={36} />
      {has.data && !address && <p className="mt-2 text-muted">{texts.has}</p>}
      {address && (
        <div className="mt-3">
          <Field label={texts.address} hint={texts.made}>
            {(ids) => (
              <input
                {...ids}
                readOnly
                className="control font-mono text-sm"
                value={address}
                onFocus={(event) => event.target.select()}
              />
            )}
          </Field>
          <CopyButton text={address} label={texts.copyAddress} />
        </div>
      )}
      {failure && (
        <div className="mt-3">
          <Failure error={failure} />
        </div>
      )}
      {has.data !== undefined && (
        <div className="mt-4 flex flex-wrap gap-2">
          <Button disabled={make.isPending} onClick={() => make.mutate()}>
            <CalendarDays size={16} aria-hidden="true" />
            {has.data ? texts.makeNew : texts.make}
          </Button>
          {has.data && (
            <Button look="danger" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
              {texts.revoke}
            </Button>
          )}
        </div>
      )}
    </Card>
  )
}
