import { describe, expect, it } from 'vitest'
import { scaleBand, scaleLinear } from './scale'

describe('a straight scale', () => {
  it('finds places, also upside down, and the middle where there is no span', () => {
    const y = scaleLinear([0, 200], [100, 20])
    expect([y(0), y(100), y(200)]).toEqual([100, 60, 20])
    expect(scaleLinear([7, 7], [0, 10])(7)).toBe(5)
  })

  it.each([
    [[0, 98_400], 4, [0, 20_000, 40_000, 60_000, 80_000]],
    [[-4_210, 312_000], 5, [0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000]],
    [[-31_000, -2_000], 5, [-30_000, -25_000, -20_000, -15_000, -10_000, -5_000]],
    [[5, 5], 5, [5]],
  ] as const)('has round values within %j', (domain, count, ticks) => {
    expect(scaleLinear(domain, [0, 1]).ticks(count)).toEqual(ticks)
  })

  it.each([
    [[0, 98_400], 4, 100_000, 0],
    [[-4_210, 312_000], 5, 400_000, -100_000],
  ] as const)('ends at round values: %j', (domain, count, top, bottom) => {
    const scale = scaleLinear(domain, [0, 1]).nice(count)
    expect([scale(bottom), scale(top)]).toEqual([0, 1])
  })
})

it('bands share the room and leave some between and around them', () => {
  const x = scaleBand(['a', 'b', 'c'], [10, 120], 0.25)
  const step = 110 / 3.25
  expect(x.bandwidth).toBeCloseTo(step * 0.75)
  expect(x('a')).toBeCloseTo(10 + step * 0.25)
  expect(Number(x('c')) + x.bandwidth).toBeCloseTo(120 - step * 0.25)
  expect(x('d')).toBeUndefined()
})
