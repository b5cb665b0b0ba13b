import { readFileSync } from 'node:fs'
import { expect, type Page, type Route, test } from '@playwright/test'
import { settled } from './checks'
import { signIn } from './signed-in'

/**
 * Between what a page shows while it opens and what it shows then nothing moves: every answer is held back
 * until the page shows its grey shapes, and comes late and one after the other from then on.
 */
const mostShift = 0.002

const documents: Record<string, string> = JSON.parse(
  readFileSync(new URL('../src/gql/persisted-documents.json', import.meta.url), 'utf8'),
)
const whoIsThere = Object.keys(documents).find((hash) => /query Me\b/.test(documents[hash] ?? ''))

const screens = {
  'aino@example.com': [
    '/',
    '/accounts',
    '/accounts/c-op-everyday',
    '/transactions',
    '/transactions?tx=c-op-everyday-t1',
    '/reviews',
    '/spending',
    '/spending?category=groceries',
    '/recurring',
    '/forecast',
    '/budgets',
    '/notices',
    '/rules',
    '/cash-flow',
    '/connections',
    '/connections/c-op',
    '/statement',
    '/settings',
  ],
  'keeper@example.com': ['/audit', '/analysis', '/operations', '/settings'],
}

/** Holds every question but who is signed in; what it gives back lets them go, the later ones each a little later. */
async function held(page: Page): Promise<() => Promise<void>> {
  const waiting: Route[] = []
  let open = false
  await page.route('**/graphql', async (route) => {
    if (route.request().postDataJSON().documentId === whoIsThere) return route.continue()
    if (!open) return void waiting.push(route)
    await new Promise((passed) => setTimeout(passed, 200))
    await route.continue()
  })
  return async () => {
    open = true
    for (const route of waiting) await route.continue()
  }
}

declare global {
  interface Window {
    shifts: { value: number; of: string }[]
  }
}

async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    type Shift = PerformanceEntry & { value: number; sources: { node: Node | null }[] }
    window.shifts = []
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries() as Shift[]) {
        window.shifts.push({ value, of: sources[0]?.node?.textContent?.slice(0, 60) ?? '' })
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
}

test.use({ serviceWorkers: 'block' })

for (const [name, viewport, language] of [
  ['a desk', { width: 1280, height: 860 }, 'en'],
  ['a phone in Finnish', { width: 390, height: 844 }, 'fi'],
] as const) {
  test(`nothing moves while a page opens on ${name}`, async ({ page }) => {
    test.setTimeout(180_000)
    await page.setViewportSize(viewport)
    await page.addInitScript(
      (kept) => localStorage.setItem('opl.preferences', kept),
      JSON.stringify({ language, tourSeen: true }),
    )
    await watchShifts(page)
    for (const [email, paths] of Object.entries(screens)) {
      await signIn(page, email)
      for (const path of paths) {
        const letGo = await held(page)
        await page.goto(path)
        await expect(page.locator('[aria-busy=true]').first()).toBeVisible()
        await letGo()
        await settled(page)
        await page.unrouteAll({ behavior: 'wait' })
        const shifts = await page.evaluate(() => window.shifts)
        const moved = shifts.reduce((sum, { value }) => sum + value, 0)
        expect.soft(moved, `${path}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(mostShift)
      }
      await page.context().clearCookies()
    }
  })
}
