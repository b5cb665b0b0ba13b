import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWords } from '../i18n/words'
import { instantDayText } from '../lib/dates'
import { myRolesOptions, readingsOfMeOptions } from '../queries/audit'
import { Card } from '../ui/page'
import { Failure } from '../ui/states'

/** Most readings that are listed. */
const shown = 20

/** Who looked at one's data by a role, and the way to the views of the roles one holds. */
export function Readings() {
  const words = useWords()
  const readings = useQuery(readingsOfMeOptions)
  const roles = useQuery(myRolesOptions)
  const holds = (kind: string) => roles.data?.some(({ role, stands }) => role === kind && stands)
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
      <p className="mt-3 flex flex-wrap gap-x-6 gap-y-2">
        {holds('AUDITOR') && (
          <Link to="/audit" className="font-medium text-accent underline">
            {words.audit.title}
          </Link>
        )}
        {holds('ANALYST') && (
          <Link to="/analysis" className="font-medium text-accent underline">
            {words.running.analysis.title}
          </Link>
        )}
        {holds('OPERATOR') && (
          <Link to="/operations" className="font-medium text-accent underline">
            {words.running.title}
          </Link>
        )}
      </p>
    </Card>
  )
}
