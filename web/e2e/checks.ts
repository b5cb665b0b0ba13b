import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page, type Request } from '@playwright/test'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }

/** Every rule from WCAG 2.0 A to 2.2 AA and best practice. Evaluated, not injected: the page's CSP stays as it is. */
export async function expectNoAxeViolation(page: Page, name: string): Promise<void> {
  // What has just appeared begins to fade in with the next frame, and one fading may be replaced by another.
  await page.evaluate(async () => {
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn))
    do {
      await Promise.allSettled(document.getAnimations().map(({ finished }) => finished))
      await frame()
      await frame()
    } while (document.getAnimations().some(({ playState }) => playState === 'running'))
  })
  await page.evaluate(axeSource)
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations
  })
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }))
  expect(found, `axe on ${name}`).toEqual([])
}

/**
 * Gathers what the console complains about: errors, warnings and anything the CSP blocks.
 * With an origin, the pages of others (a bank's) are not ours to judge.
 */
export function watchConsole(page: Page, origin = ''): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    const ours = page.url().startsWith(origin) && !page.url().includes('/bank/')
    if (ours && ['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

/** At 320 px nothing may need sideways scrolling. */
export async function expectNoSidewaysScroll(page: Page, name: string): Promise<void> {
  const widths = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }))
  expect(widths.content, `width of ${name}`).toBeLessThanOrEqual(widths.window)
}

/** A busy machine takes longer; what never comes to rest is found all the same. */
const restWithin = { timeout: 20_000 }

/** The page has come to rest: nothing is being loaded any more. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible(restWithin)
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0, restWithin)
}

const questions = new WeakMap<Page, Set<Request>>()

/** From here on the page's questions to the server are counted, for `answered`. */
export function watchQuestions(page: Page): void {
  const open = new Set<Request>()
  questions.set(page, open)
  page.on('request', (request) => request.url().endsWith('/graphql') && open.add(request))
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
}

/** Every question has its answer: what is asked from now on is asked because of what the test does. */
export async function answered(page: Page): Promise<void> {
  await settled(page)
  await expect.poll(() => questions.get(page)?.size).toBe(0)
}
