import type { ReactNode } from 'react'

export type BadgeTone = 'good' | 'warn' | 'bad' | 'quiet'

const tones: Record<BadgeTone, string> = {
  good: 'bg-accent-soft text-accent border-transparent',
  warn: 'bg-warn-soft text-warn border-transparent',
  bad: 'bg-surface text-negative border-negative',
  quiet: 'bg-surface text-muted border-control',
}

export function Badge({ tone, children }: { tone: BadgeTone; children: ReactNode }) {
  return (
    <span
      className={`inline-block shrink-0 rounded-full border px-2 py-0.5 text-xs font-medium ${tones[tone]}`}
    >
      {children}
    </span>
  )
}
