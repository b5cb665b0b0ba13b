/** Why something was not done, where it happened. */
export function Refusal({ text }: { text: string | null }) {
  return (
    <p role="alert" className={text ? 'mt-2 text-sm text-negative' : 'sr-only'}>
      {text}
    </p>
  )
}
