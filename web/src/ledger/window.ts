import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useLayoutEffect, useState } from 'react'
import type { LedgerLayout } from './layout'
import { monthHeight, phoneRowHeight, rowHeight } from './row'

const topBar = 56
const bottomBar = 72
const linesAround = 6

/** How far down the page the list begins: it moves when what stands above it changes. */
function useTopOf(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current) setTop(element.current.getBoundingClientRect().top + window.scrollY)
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [element])
  return Math.round(top)
}

/** Which lines are on screen, where each stands, and the month the eye is in. */
export function useLines(
  box: RefObject<HTMLElement | null>,
  layout: LedgerLayout,
  activeLine: number,
  narrow: boolean,
) {
  const margin = useTopOf(box)
  const rowSize = narrow ? phoneRowHeight : rowHeight
  const virtual = useWindowVirtualizer({
    count: layout.lines,
    estimateSize: (line) => (layout.at(line).kind === 'month' ? monthHeight : rowSize),
    overscan: linesAround,
    scrollMargin: margin,
    scrollPaddingStart: topBar + monthHeight,
    scrollPaddingEnd: narrow ? bottomBar : 8,
    // The active row stays in the page, for whoever listens to it instead of seeing it.
    rangeExtractor: (range: Range) => {
      const lines = defaultRangeExtractor(range)
      return lines.includes(activeLine) ? lines : [...lines, activeLine].sort((a, b) => a - b)
    },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes change with the layout and the width
  useLayoutEffect(() => virtual.measure(), [layout, narrow])

  const items = virtual.getVirtualItems()
  const top = (virtual.scrollOffset ?? 0) + topBar
  const firstSeen = items.find((item) => item.end > top + 1)
  return {
    items,
    height: virtual.getTotalSize(),
    margin,
    stickyMonth: firstSeen ? layout.at(firstSeen.index).month : null,
    scrollTo: (line: number) => virtual.scrollToIndex(line, { align: 'auto' }),
  }
}
