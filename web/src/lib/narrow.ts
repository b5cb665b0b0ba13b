import { useEffect, useState } from 'react'

/** Whether the page is as a media query says. */
function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches)
  useEffect(() => {
    const list = window.matchMedia(query)
    const changed = () => setMatches(list.matches)
    list.addEventListener('change', changed)
    return () => list.removeEventListener('change', changed)
  }, [query])
  return matches
}

/** Whether the page is as narrow as a phone. */
export function useNarrow(): boolean {
  return useMedia('(max-width: 767px)')
}

/** Whether a menu beside the page leaves it little room. */
export function useTight(): boolean {
  return useMedia('(max-width: 1099px)')
}
