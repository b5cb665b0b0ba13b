import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { languages, useWords } from '../../i18n/words'
import { changePreferences, type Language, usePreferences } from '../../lib/preferences'
import { leftOutside } from '../../lib/wish'

/** The quiet frame around signing in and coming back from a bank: no program shell, little to load. */
export function AuthFrame() {
  const words = useWords()
  const { language } = usePreferences()
  useEffect(() => leftOutside, [])
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between gap-3 px-4 py-4 md:px-8">
        <span className="flex items-center gap-2.5 font-semibold">
          <img src="/icon.svg" alt="" width="26" height="26" />
          {words.app}
        </span>
        <select
          aria-label={words.settings.language}
          value={language}
          onChange={(event) => changePreferences({ language: event.target.value as Language })}
          className="control w-auto"
        >
          {Object.entries(languages).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </header>
      <main className="mx-auto flex w-full max-w-[440px] flex-1 flex-col justify-center px-4 pt-4 pb-16">
        <Outlet />
      </main>
    </div>
  )
}
