import { Link } from '@tanstack/react-router'
import { ChartColumn, Gauge, ScrollText } from 'lucide-react'
import type { RoleKind } from '../gql/graphql'
import { useWords } from '../i18n/words'

const places = [
  { role: 'AUDITOR', to: '/audit', icon: ScrollText },
  { role: 'ANALYST', to: '/analysis', icon: ChartColumn },
  { role: 'OPERATOR', to: '/operations', icon: Gauge },
] as const

type RolePlacesProps = { held: readonly RoleKind[]; className: string; onGo?: () => void }

/** The places of the roles that somebody holds, below everybody's own. */
export default function RolePlaces({ held, className, onGo }: RolePlacesProps) {
  const { audit, running } = useWords()
  const names = { AUDITOR: audit.title, ANALYST: running.analysis.title, OPERATOR: running.title }
  return (
    <ul className="mt-2 flex flex-col gap-1 border-t border-line pt-3">
      {places
        .filter(({ role }) => held.includes(role))
        .map(({ role, to, icon: Icon }) => (
          <li key={role}>
            <Link to={to} onClick={onGo} className={className}>
              <Icon size={18} aria-hidden="true" />
              {names[role]}
            </Link>
          </li>
        ))}
    </ul>
  )
}
