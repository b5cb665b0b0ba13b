import { useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { Command as CommandIcon, Eye, EyeOff, Moon, Sun } from 'lucide-react'
import { lazy, type RefObject, Suspense, useEffect, useRef, useState } from 'react'
import { useWords } from '../i18n/words'
import { useHotkeys } from '../lib/hotkeys'
import { keepWhatIsSeen } from '../lib/kept'
import { listen } from '../lib/live'
import { useNarrow } from '../lib/narrow'
import { changePreferences, usePreferences } from '../lib/preferences'
import { takeLeftOutside, wishToSearch } from '../lib/wish'
import { announce, LiveRegion } from '../ui/announce'
import { IconButton } from '../ui/button'
import { BottomNav, SideNav } from './nav'
import { OldBanner } from './old'
import { places } from './places'

const Palette = lazy(() => import('./palette'))
const Keys = lazy(() => import('./keys'))
const Tour = lazy(() => import('./tour'))

type Shown = 'palette' | 'keys' | 'tour'

function useTogglePrivacy(): () => void {
  const words = useWords()
  const { amountsHidden } = usePreferences()
  return () => {
    changePreferences({ amountsHidden: !amountsHidden })
    announce(amountsHidden ? words.settings.amounts : words.common.amountHidden)
  }
}

function TopBar({ onPalette }: { onPalette: () => void }) {
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
      <IconButton label={words.page.palette.open} aria-keyshortcuts="Control+K" onClick={onPalette}>
        <CommandIcon size={18} aria-hidden="true" />
      </IconButton>
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
    if (takeLeftOutside()) main.current?.focus({ preventScroll: true })
  }, [main])
  useEffect(() => {
    if (former.current === pathname) return
    former.current = pathname
    // A field that the new page has focused already keeps the focus.
    const here = document.activeElement
    if (here && here !== document.body && main.current?.contains(here)) return
    main.current?.focus({ preventScroll: true })
  }, [pathname, main])
}

const framesForDialogs = 3

/** Where the focused thing goes away, the focus goes to the dialog or the content, not to nowhere. */
function useKeepFocus(main: RefObject<HTMLElement | null>) {
  useEffect(() => {
    let last: Element | null = null
    const focused = (event: FocusEvent) => {
      last = event.target instanceof Element ? event.target : null
    }
    let waiting = 0
    const lost = () => last !== null && !last.isConnected && document.activeElement === document.body
    // A dialog that closes gives the focus back by itself, a frame later: only then is it lost.
    const look = (frames: number) => {
      waiting = requestAnimationFrame(() => {
        waiting = 0
        if (!lost()) return
        if (frames > 0) look(frames - 1)
        else {
          const dialogs = document.querySelectorAll<HTMLElement>('[role=dialog], [role=alertdialog]')
          const place = [...dialogs].at(-1) ?? main.current
          place?.focus({ preventScroll: true })
        }
      })
    }
    const changed = new MutationObserver(() => {
      if (waiting === 0 && lost()) look(framesForDialogs)
    })
    document.addEventListener('focusin', focused)
    changed.observe(document.body, { childList: true, subtree: true })
    return () => {
      document.removeEventListener('focusin', focused)
      changed.disconnect()
      cancelAnimationFrame(waiting)
    }
  }, [main])
}

export function Shell() {
  const words = useWords()
  const client = useQueryClient()
  const navigate = useNavigate()
  const main = useRef<HTMLElement>(null)
  // One of the two menus: the other would only weigh.
  const narrow = useNarrow()
  const togglePrivacy = useTogglePrivacy()

  useEffect(() => listen(client), [client])
  useEffect(() => keepWhatIsSeen(), [])
  useFocusOnNavigation(main)
  useKeepFocus(main)
  const [shown, setShown] = useState<Shown | null>(null)
  useHotkeys({
    ...Object.fromEntries(
      places
        .filter(({ letter }) => letter)
        .map(({ letter, to }) => [`g ${letter}`, () => void navigate({ to })]),
    ),
    'g m': () => void navigate({ to: '/statement' }),
    'g x': () => void navigate({ to: '/settings' }),
    '/': () => {
      // A screen with a field of its own is not left for another.
      const field = document.querySelector<HTMLInputElement>('main input[type=search]')
      if (field) return field.focus()
      wishToSearch()
      void navigate({ to: '/transactions' })
    },
    '?': () => setShown('keys'),
    'Control+K': () => setShown('palette'),
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
      {!narrow && <SideNav />}
      <div className="flex min-w-0 flex-1 flex-col md:border-l md:border-line">
        <TopBar onPalette={() => setShown('palette')} />
        <OldBanner />
        <main id="content" ref={main} tabIndex={-1} className="flex-1 pb-(--bottom) outline-none">
          <Outlet />
        </main>
      </div>
      {narrow && <BottomNav />}
      <Suspense>
        {shown === 'palette' && <Palette onClose={() => setShown(null)} onShow={setShown} />}
        {shown === 'keys' && <Keys onClose={() => setShown(null)} />}
        {shown === 'tour' && <Tour onClose={() => setShown(null)} />}
      </Suspense>
      <LiveRegion />
    </div>
  )
}
