import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { lazy, type RefObject, Suspense, useEffect, useRef, useState } from 'react'
import { useWords } from '../i18n/words'
import { usePreferences } from '../lib/preferences'
import { myRolesOptions } from '../queries/audit'
import { reviewCountOptions } from '../queries/options'
import { places, placesOnPhone } from './places'

const RolePlaces = lazy(() => import('./role-places'))

/** Few hold a role: what it opens comes after the page. */
function Roles({ className, onGo }: { className: string; onGo?: () => void }) {
  const held = useQuery(myRolesOptions).data?.flatMap(({ role, stands }) => (stands ? [role] : [])) ?? []
  return (
    held.length > 0 && (
      <Suspense>
        <RolePlaces held={held} className={className} onGo={onGo} />
      </Suspense>
    )
  )
}

const side =
  'group flex min-h-9 items-center gap-2.5 rounded-control px-2.5 font-medium text-muted hover:bg-inset hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-accent'
const more =
  'flex min-h-11 items-center gap-3 rounded-control px-3 font-medium data-[status=active]:text-accent'

/** How many rows wait for a verdict; nothing while that is not known. */
function useWaiting(): number {
  return useQuery(reviewCountOptions).data ?? 0
}

function Waiting({ count, className = '' }: { count: number; className?: string }) {
  const words = useWords()
  if (count === 0) return null
  return (
    <span
      className={`rounded-full bg-warn-soft px-1.5 text-xs font-semibold text-warn tabular-nums ${className}`}
    >
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="sr-only">, {words.sync.reviews.waiting(count)}</span>
    </span>
  )
}

export function SideNav() {
  const words = useWords()
  const { singleKeys } = usePreferences()
  const waiting = useWaiting()
  return (
    <nav
      aria-label={words.nav.label}
      className="sticky top-0 hidden h-dvh w-56 shrink-0 flex-col gap-1 overflow-y-auto px-3 py-4 md:flex"
    >
      <Link to="/" className="mb-4 flex items-center gap-2.5 rounded-control px-2 py-1 font-semibold">
        <img src="/icon.svg" alt="" width="26" height="26" />
        {words.app}
      </Link>
      {places.map(({ to, name, icon: Icon, letter }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }} className={side}>
          <Icon size={18} aria-hidden="true" />
          {words.nav[name]}
          {to === '/reviews' && <Waiting count={waiting} className="ml-auto group-hover:ml-0" />}
          {letter && singleKeys && (
            <span aria-hidden="true" className="ml-auto hidden font-mono text-xs group-hover:block">
              g {letter}
            </span>
          )}
        </Link>
      ))}
      <Roles className={side} />
    </nav>
  )
}

const item =
  'flex min-h-[56px] w-full flex-col items-center justify-center gap-1 px-0.5 text-[0.6875rem] leading-4 font-medium ' +
  'max-[359px]:text-[0.625rem] max-[359px]:tracking-tighter text-muted data-[status=active]:text-accent'

/** Escape, or a press anywhere else, closes what is open. */
function useCloseFromOutside(element: RefObject<HTMLElement | null>, open: boolean, close: () => void) {
  const latest = useRef(close)
  latest.current = close
  useEffect(() => {
    if (!open) return
    const away = (event: Event) => {
      const escaped = event instanceof KeyboardEvent && event.key === 'Escape'
      const outside = event.type === 'pointerdown' && !element.current?.contains(event.target as Node)
      if (escaped || outside) latest.current()
    }
    window.addEventListener('keydown', away)
    window.addEventListener('pointerdown', away)
    return () => {
      window.removeEventListener('keydown', away)
      window.removeEventListener('pointerdown', away)
    }
  }, [open, element])
}

export function BottomNav() {
  const words = useWords()
  const [open, setOpen] = useState(false)
  const waiting = useWaiting()
  const bar = useRef<HTMLElement>(null)

  useCloseFromOutside(bar, open, () => setOpen(false))

  return (
    <nav
      ref={bar}
      aria-label={words.nav.label}
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {open && (
        <div
          id="more-places"
          className="fade-in max-h-[calc(100dvh-8rem)] overflow-y-auto border-b border-line p-2"
        >
          <ul>
            {places.slice(placesOnPhone).map(({ to, name, icon: Icon }) => (
              <li key={to}>
                <Link to={to} onClick={() => setOpen(false)} className={more}>
                  <Icon size={18} aria-hidden="true" />
                  {words.nav[name]}
                  {to === '/reviews' && <Waiting count={waiting} />}
                </Link>
              </li>
            ))}
          </ul>
          <Roles className={more} onGo={() => setOpen(false)} />
        </div>
      )}
      <ul className="grid grid-cols-5">
        {places.slice(0, placesOnPhone).map(({ to, name, icon: Icon }) => (
          <li key={to} className="min-w-0">
            <Link
              to={to}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              onClick={() => setOpen(false)}
              className={item}
            >
              <Icon size={20} aria-hidden="true" />
              <span className="max-w-full truncate">{words.nav[name]}</span>
            </Link>
          </li>
        ))}
        <li>
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? 'more-places' : undefined}
            onClick={() => setOpen(!open)}
            className={item}
          >
            <span className="relative">
              <Ellipsis size={20} aria-hidden="true" />
              {!open && <Waiting count={waiting} className="absolute -top-2 left-4" />}
            </span>
            {words.nav.more}
          </button>
        </li>
      </ul>
    </nav>
  )
}
