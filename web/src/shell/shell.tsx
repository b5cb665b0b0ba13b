import { useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { Eye, EyeOff, Moon, Sun } from 'lucide-react'
import { type RefObject, useEffect, useRef } from 'react'
import { useWords } from '../i18n/words'
import { useHotkeys } from '../lib/hotkeys'
import { listen } from '../lib/live'
import { changePreferences, usePreferences } from '../lib/preferences'
import { announce, LiveRegion } from '../ui/announce'
import { IconButton } from '../ui/button'
import { BottomNav, SideNav } from './nav'
import { places } from './places'

function useTogglePrivacy(): () => void {
  const words = useWords()
  const { amountsHidden } = usePreferences()
  return () => {
    changePreferences({ amountsHidden: !amountsHidden })
    announce(amountsHidden ? words.settings.amounts : words.common.amountHidden)
  }
}

function TopBar() {
  const words = useWords()
  const { amountsHidden, theme } = usePreferences()
  const togglePrivacy = useTogglePrivacy()
  const dark =
    theme === 'dark' || (theme === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  return (
    <header className="sticky top-0 z-20 flex h-(--bar) items-center justify-end gap-1 border-b border-line bg-canvas px-3 md:px-5">
      <Link to="/" className="mr-auto flex items-center gap-2 font-semibold md:hidden">
        <img src="/icon.svg" alt="" width="24" height="24" />
        {words.app}
      </Link>
      <IconButton
        label={amountsHidden ? words.common.showAmounts : words.common.hideAmounts}
        aria-pressed={amountsHidden}
        onClick={togglePrivacy}
      >
        {amountsHidden ? <Eye size={18} aria-hidden="true" /> : <EyeOff size={18} aria-hidden="true" />}
      </IconButton>
      <IconButton
        label={dark ? words.common.useLight : words.common.useDark}
        onClick={() => changePreferences({ theme: dark ? 'light' : 'dark' })}
      >
        {dark ? <Sun size={18} aria-hidden="true" /> : <Moon size={18} aria-hidden="true" />}
      </IconButton>
    </header>
  )
}

/** A new page begins at its content, for the eye and for the reader alike. */
function useFocusOnNavigation(main: RefObject<HTMLElement | null>) {
  const { pathname } = useLocation()
  const former = useRef(pathname)
  useEffect(() => {
    if (former.current === pathname) return
    former.current = pathname
    main.current?.focus({ preventScroll: true })
  }, [pathname, main])
}

export function Shell() {
  const words = useWords()
  const client = useQueryClient()
  const navigate = useNavigate()
  const main = useRef<HTMLElement>(null)
  const togglePrivacy = useTogglePrivacy()

  useEffect(() => listen(client), [client])
  useFocusOnNavigation(main)
  useHotkeys({
    ...Object.fromEntries(
      places
        .filter(({ letter }) => letter)
        .map(({ letter, to }) => [`g ${letter}`, () => void navigate({ to })]),
    ),
    'Control+Shift+P': togglePrivacy,
  })

  return (
    <div className="flex min-h-dvh">
      <button
        type="button"
        onClick={() => main.current?.focus()}
        className="sr-only z-50 rounded-control bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {words.skip}
      </button>
      <SideNav />
      <div className="flex min-w-0 flex-1 flex-col md:border-l md:border-line">
        <TopBar />
        <main id="content" ref={main} tabIndex={-1} className="flex-1 pb-(--bottom) outline-none">
          <Outlet />
        </main>
      </div>
      <BottomNav />
      <LiveRegion />
    </div>
  )
}
