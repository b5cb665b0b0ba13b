import type { CDPSession, Page } from '@playwright/test'

/**
 * Processor time of the page's main thread: what an action costs, whatever else the machine does.
 * Of several tries the cheapest counts: the others paid for somebody else's caches.
 */
export class Processor {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Processor> {
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    return new Processor(session)
  }

  /** Milliseconds since the page's document began. */
  async spent(): Promise<number> {
    const { metrics } = await this.session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000
  }

  /** Milliseconds of an action until the page has painted twice after it. */
  async costOf(page: Page, act: () => Promise<void>): Promise<number> {
    const before = await this.spent()
    await act()
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null)))),
    )
    return (await this.spent()) - before
  }

  async cheapest(page: Page, tries: number, act: (turn: number) => Promise<void>): Promise<number> {
    let least = Number.POSITIVE_INFINITY
    for (let turn = 0; turn < tries; turn += 1) {
      least = Math.min(least, await this.costOf(page, () => act(turn)))
    }
    return least
  }
}
