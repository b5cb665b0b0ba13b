import { type ReactNode, useEffect } from 'react'
import { useWords } from '../i18n/words'

type PageProps = { title: string; lead?: ReactNode; actions?: ReactNode; wide?: boolean; children: ReactNode }

/** One screen: its heading, its actions, its content, and the title of the window. */
export function Page({ title, lead, actions, wide = false, children }: PageProps) {
  const words = useWords()
  useEffect(() => {
    document.title = `${title} · ${words.app}`
  }, [title, words.app])
  return (
    <div className={`mx-auto w-full ${wide ? '' : 'max-w-[1024px]'} px-4 py-6 md:px-6 md:py-8`}>
      <div className="mb-6 flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-[-0.015em] break-words">{title}</h1>
          {lead && <div className="mt-1 text-muted">{lead}</div>}
        </div>
        {actions && <div className="screen-only flex flex-wrap gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  )
}

export function Card({ title, aside, children }: { title?: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="card p-4 sm:p-6">
      {title && (
        <div className="mb-4 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
          <h2 className="text-lg font-semibold">{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  )
}
