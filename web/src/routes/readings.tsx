import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWords } from '../i18n/words'
import { instantDayText } from '../lib/dates'
import { myRolesOptions, readingsOfMeOptions } from '../queries/audit'
import { Card } from '../ui/page'
import { Failure } from '../ui/states'

/** Most readings that are listed. */
const shown = 20

/** Who looked at one's data by a role, and the way to the auditor's view for those who hold one. */
export function Readings() {
  const words = useWords()
  const readings = useQuery(readingsOfMeOptions)
  const roles = useQuery(myRolesOptions)
  const auditor = roles.data?.some(({ role, stands }) => role === 'AUDITOR' && stands)
  return (
    <Card title={words.audit.readingsOfMe}>
      <p className="text-muted">{words.audit.readingsOfMeText}</p>
      {readings.isError && <Failure error={readings.error} retry={() => readings.refetch()} />}
      {readings.data?.length === 0 && <p className="mt-2">{words.audit.noReadings}</p>}
      <ul className="mt-2">
        {readings.data?.slice(0, shown).map(({ position, what, at }) => (
          <li key={position}>
            {words.audit.reading(words.audit.what[what] ?? what, instantDayText(at, words.locale))}
          </li>
        ))}
      </ul>
      {auditor && (
        <Link to="/audit" className="mt-3 inline-block font-medium text-accent underline">
          {words.audit.title}
        </Link>
      )}
    </Card>
  )
}
