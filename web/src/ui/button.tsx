import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ComponentProps } from 'react'

export type Look = 'primary' | 'plain' | 'quiet' | 'danger'

const looks: Record<Look, string> = {
  primary: 'bg-accent text-on-accent border-transparent hover:opacity-90',
  plain: 'bg-surface text-ink border-control hover:bg-inset',
  quiet: 'bg-transparent text-muted border-transparent hover:bg-inset hover:text-ink',
  danger: 'bg-surface text-negative border-negative hover:bg-inset',
}

const shape =
  'inline-flex items-center justify-center gap-2 rounded-control border px-3.5 py-1.5 min-h-9 pointer-coarse:min-h-11 ' +
  'font-medium text-center transition-opacity disabled:opacity-60 no-underline'

export function buttonClass(look: Look, extra = ''): string {
  return `${shape} ${looks[look]} ${extra}`
}

type ButtonProps = ComponentProps<'button'> & { look?: Look }

export function Button({ look = 'plain', className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={buttonClass(look, className)} {...rest} />
}

type AnchorProps = AnchorHTMLAttributes<HTMLAnchorElement> & { look?: Look }

function Anchor({ look = 'plain', className, children, ...rest }: AnchorProps) {
  return (
    <a className={buttonClass(look, className)} {...rest}>
      {children}
    </a>
  )
}

/** A link to another screen that looks like a button. */
export const ButtonLink = createLink(Anchor)

type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { label: string }

export function IconButton({ label, className = '', children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-9 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-control text-muted hover:bg-inset hover:text-ink disabled:opacity-40 ${className}`}
      {...rest}
    >
      {children}
    </button>
  )
}
