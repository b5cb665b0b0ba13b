type Span = readonly [number, number]

/** From a value to its place in a picture, along a straight line. */
export type LinearScale = ((value: number) => number) & {
  /** About so many round values within the scale. */
  ticks: (count: number) => number[]
  /** The scale, made a little longer so that it begins and ends at a round value. */
  nice: (count: number) => LinearScale
}

/** The round distance (1, 2 or 5 times a power of ten) that cuts a span into about so many parts. */
function roundStep([from, to]: Span, count: number): number {
  const step = (to - from) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(step))
  const rest = step / power
  if (rest >= Math.sqrt(50)) return 10 * power
  if (rest >= Math.sqrt(10)) return 5 * power
  return rest >= Math.sqrt(2) ? 2 * power : power
}

/** More rounds than this change nothing any more. */
const mostRounds = 10

function rounded(span: Span, count: number): Span {
  let [from, to] = span
  for (let round = 0; round < mostRounds && to > from; round += 1) {
    const step = roundStep([from, to], count)
    const next: Span = [Math.floor(from / step) * step, Math.ceil(to / step) * step]
    if (next[0] === from && next[1] === to) break
    ;[from, to] = next
  }
  return [from, to]
}

export function scaleLinear(domain: Span, range: Span): LinearScale {
  const [from, to] = domain
  const width = to - from
  // A span of nothing stands in the middle.
  const place = (value: number) =>
    range[0] + (width === 0 ? 0.5 : (value - from) / width) * (range[1] - range[0])
  const ticks = (count: number) => {
    if (width <= 0) return [from]
    const step = roundStep(domain, count)
    const [first, last] = [Math.ceil(from / step), Math.floor(to / step)]
    return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
  }
  return Object.assign(place, { ticks, nice: (count: number) => scaleLinear(rounded(domain, count), range) })
}

/** From one of several names to where its band begins; `bandwidth` is how wide each is. */
export type BandScale = ((name: string) => number | undefined) & { bandwidth: number }

/** Bands of one width, with a share of each (between 0 and 1) left free between and around them. */
export function scaleBand(names: readonly string[], [from, to]: Span, padding: number): BandScale {
  const step = (to - from) / Math.max(1, names.length + padding)
  const places = new Map(names.map((name, index) => [name, from + step * (padding + index)]))
  return Object.assign((name: string) => places.get(name), { bandwidth: step * (1 - padding) })
}
