/**
 * Browsers draw no element that is more than some ten million pixels high. A longer list is drawn
 * in a shorter box: small steps move it pixel by pixel, large ones (the scroll bar, a jump) by
 * proportion, and when the scrolling rests the two are brought together again.
 */
export const tallest = 8_000_000

export type Sizes = { height: number; view: number }

/** How high the box is. */
export function boxHeight(height: number): number {
  return Math.min(height, tallest)
}

/** How many pixels of the list one pixel of the box stands for. */
function scale({ height, view }: Sizes): number {
  const box = boxHeight(height)
  return box === height ? 1 : (height - view) / Math.max(1, box - view)
}

function clamped(at: number, { height, view }: Sizes): number {
  return Math.min(Math.max(0, at), Math.max(0, height - view))
}

/** Where the box is scrolled to when the list stands at a height, seen by proportion. */
export function scrolledFor(at: number, sizes: Sizes): number {
  return clamped(at, sizes) / scale(sizes)
}

/**
 * Where the list stands after the box was scrolled. `at` and `scrolled` are where both stood before.
 */
export function moved(at: number, scrolled: number, to: number, sizes: Sizes): number {
  if (boxHeight(sizes.height) === sizes.height) return to
  const by = to - scrolled
  // What the ends of the box say holds whatever the way there.
  if (to <= 0) return to
  const small = Math.abs(by) <= sizes.view * 2
  return clamped(small ? at + by : to * scale(sizes), sizes)
}
