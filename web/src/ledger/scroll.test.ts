import { describe, expect, it } from 'vitest'
import { boxHeight, moved, scrolledFor, tallest } from './scroll'

describe('a list that fits', () => {
  const sizes = { height: 50_000, view: 800 }
  it('is scrolled as it stands', () => {
    expect(boxHeight(sizes.height)).toBe(50_000)
    expect(moved(100, 100, 30_000, sizes)).toBe(30_000)
    expect(scrolledFor(30_000, sizes)).toBe(30_000)
  })
})

describe('a list of a million rows', () => {
  const sizes = { height: 44_000_000, view: 800 }
  it('is drawn in a shorter box', () => {
    expect(boxHeight(sizes.height)).toBe(tallest)
  })

  it('moves pixel by pixel with the wheel', () => {
    expect(moved(5_000, 900, 1_000, sizes)).toBe(5_100)
    expect(moved(5_000, 1_000, 900, sizes)).toBe(4_900)
  })

  it('moves by proportion with the scroll bar, to both ends', () => {
    expect(moved(0, 0, tallest - 800, sizes)).toBeCloseTo(sizes.height - 800, 3)
    expect(moved(20_000_000, 4_000_000, 0, sizes)).toBe(0)
    const half = moved(0, 0, (tallest - 800) / 2, sizes)
    expect(half / (sizes.height - 800)).toBeCloseTo(0.5, 6)
  })

  it('comes back to where it stood when the two are brought together', () => {
    for (const at of [0, 12_345, 20_000_000, 43_999_200]) {
      const scrolled = scrolledFor(at, sizes)
      expect(moved(0, scrolled > 10_000 ? 0 : 20_000_000, scrolled, sizes)).toBeCloseTo(at, 3)
    }
  })

  it('never leaves its ends', () => {
    expect(moved(100, 500, 1, sizes)).toBe(0)
    expect(moved(43_999_100, 7_000_000, 7_001_000, sizes)).toBe(43_999_200)
  })
})
