import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { usePreferences } from '../lib/preferences'
import type { LedgerLayout } from './layout'
import { denseRowHeight, monthHeight, phoneRowHeight, rowHeight } from './row'
import { boxHeight, moved, scrolledFor } from './scroll'

const topBar = 56
const bottomBar = 72
const linesAround = 6

/** A line that is drawn: which, where in the box, and how high. */
export type Item = { index: number; top: number; size: number }

/** Where the list stands: `at` pixels of it are above the bar, while the box is scrolled by `scrolled`. */
type Place = { at: number; scrolled: number; view: number }

/** How far down the page the list begins: it moves when what stands above it changes. */
function useTopOf(element: RefObject<HTMLElement | null>): RefObject<number> {
  const top = useRef(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current) top.current = element.current.getBoundingClientRect().top + window.scrollY
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [element])
  return top
}

function useRowSize(narrow: boolean): number {
  const { dense } = usePreferences()
  if (narrow) return phoneRowHeight
  return dense && !window.matchMedia('(pointer: coarse)').matches ? denseRowHeight : rowHeight
}

/** Which lines are on screen, where each stands, and the month the eye is in. */
export function useLines(
  box: RefObject<HTMLElement | null>,
  layout: LedgerLayout,
  activeLine: number,
  narrow: boolean,
) {
  const top = useTopOf(box)
  const rowSize = useRowSize(narrow)
  const height = layout.topOf(layout.lines, rowSize, monthHeight)
  const [place, setPlace] = useState<Place>({ at: -topBar, scrolled: -topBar, view: window.innerHeight })
  const current = useRef(place)

  const show = useCallback((next: Place) => {
    const { at, scrolled, view } = current.current
    current.current = next
    if (at !== next.at || scrolled !== next.scrolled || view !== next.view) setPlace(next)
  }, [])
  /** Scrolls the box so that it says by its place where the list stands. */
  const stand = useCallback(
    (at: number) => {
      const view = window.innerHeight - topBar
      const scrolled = at <= 0 ? at : scrolledFor(at, { height, view })
      show({ at, scrolled, view })
      window.scrollTo({ top: scrolled + top.current - topBar, behavior: 'instant' })
    },
    [height, show, top],
  )

  useLayoutEffect(() => {
    const heard = () => {
      const view = window.innerHeight - topBar
      const scrolled = window.scrollY - top.current + topBar
      const before = current.current
      const at =
        Math.abs(scrolled - before.scrolled) < 1
          ? before.at
          : moved(before.at, before.scrolled, scrolled, { height, view })
      show({ at, scrolled, view })
    }
    const rested = () => {
      const { at, scrolled, view } = current.current
      const wanted = at <= 0 ? at : scrolledFor(at, { height, view })
      if (boxHeight(height) < height && Math.abs(wanted - scrolled) > 1) stand(at)
    }
    heard()
    window.addEventListener('scroll', heard, { passive: true })
    window.addEventListener('resize', heard)
    window.addEventListener('scrollend', rested)
    return () => {
      window.removeEventListener('scroll', heard)
      window.removeEventListener('resize', heard)
      window.removeEventListener('scrollend', rested)
    }
  }, [height, show, stand, top])

  const firstSeen = layout.lineAt(Math.max(0, place.at), rowSize, monthHeight)
  const lastSeen = layout.lineAt(Math.max(0, place.at + place.view), rowSize, monthHeight)
  const lines: number[] = []
  const first = Math.max(0, firstSeen - linesAround)
  for (let line = first; line <= Math.min(layout.lines - 1, lastSeen + linesAround); line += 1)
    lines.push(line)
  // The active row stays in the page, for whoever listens to it instead of seeing it.
  if (layout.lines > 0 && !lines.includes(activeLine)) lines.push(activeLine)
  const shift = place.at - place.scrolled
  const items: Item[] = lines
    .sort((a, b) => a - b)
    .map((index) => {
      const standing = layout.topOf(index, rowSize, monthHeight)
      const size = layout.at(index).kind === 'month' ? monthHeight : rowSize
      const drawn = standing - shift
      return { index, top: Math.min(Math.max(drawn, -size), boxHeight(height)), size }
    })

  const scrollTo = (line: number, end: 'near' | 'top' = 'near') => {
    const { at, view } = current.current
    const upper = layout.topOf(line, rowSize, monthHeight) - monthHeight
    const lower = upper + monthHeight + rowSize + (narrow ? bottomBar : 8) - view
    if (end === 'top' || at > upper) stand(line <= 1 ? -topBar - 1 : upper)
    else if (at < lower) stand(lower)
  }
  useEffect(() => {
    // A shorter list may end above where the eye was.
    const { at, view } = current.current
    if (at > height) stand(Math.max(0, height - view))
  }, [height, stand])

  return {
    items,
    height: boxHeight(height),
    stickyMonth: layout.lines > 0 && place.at > 0 ? layout.at(firstSeen).month : null,
    scrollTo,
  }
}
