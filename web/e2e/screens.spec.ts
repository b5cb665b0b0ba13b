import { mkdirSync } from 'node:fs'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { confirmAtBank, readingTimeout } from './bank'
import { settled } from './checks'

/** The screens of docs/screens, from a real run: tools/screens.sh. */
const folder = new URL('../../docs/screens/', import.meta.url).pathname
const desktop = { width: 1200, height: 800 }
const phone = { width: 390, height: 844 }
const looks = [
  { name: 'light', viewport: desktop, theme: 'light', language: 'en' },
  { name: 'dark', viewport: desktop, theme: 'dark', language: 'en' },
  { name: 'phone', viewport: phone, theme: 'light', language: 'en' },
  { name: 'fi', viewport: desktop, theme: 'light', language: 'fi' },
] as const

type Look = (typeof looks)[number]
type Cookies = Awaited<ReturnType<ReturnType<Page['context']>['cookies']>>
type Session = { cookies: Cookies; account: string; connection: string }

/** Somebody who may look at the log and at how the service runs. */
async function signIn(page: Page, email: string): Promise<{ cookies: Cookies }> {
  await page.goto('/sign-in')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => url.pathname === '/')
  return { cookies: await page.context().cookies() }
}

async function signUpAndConnect(page: Page): Promise<Session> {
  await page.goto('/sign-up')
  await page.getByLabel('Email').fill('aino@example.com')
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  const first = page.getByRole('heading', { name: 'Connect your first bank' })
  await expect(first).toBeVisible({ timeout: readingTimeout })
  await page.goto('/connect')
  await settled(page)
  await page
    .locator('main')
    .getByRole('button', { name: /^OP\b|OP /i, disabled: false })
    .first()
    .click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: /^Go to / }).click()
  await confirmAtBank(page)
  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 60_000 })
  const connection = new URL(page.url()).pathname
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
  await page.goto('/accounts')
  await settled(page)
  const account = String(await page.locator('main li a').first().getAttribute('href'))
  return { cookies: await page.context().cookies(), account, connection }
}

async function dressed(
  browser: Browser,
  look: Look,
  session: { cookies: Cookies } | null,
  baseURL: string | undefined,
) {
  const context = await browser.newContext({
    viewport: look.viewport,
    hasTouch: look.name === 'phone',
    isMobile: look.name === 'phone',
    colorScheme: look.theme,
    baseURL,
    reducedMotion: 'reduce',
  })
  const { theme, language } = look
  await context.addInitScript(
    (kept) => localStorage.setItem('opl.preferences', kept),
    JSON.stringify({ theme, language, tourSeen: true }),
  )
  if (session) await context.addCookies(session.cookies)
  return context
}

async function take(page: Page, screen: string, look: Look) {
  await settled(page)
  await page.evaluate(() => document.fonts.ready)
  // The images of a page that is still being painted differ: two frames after it came to rest.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  await page.screenshot({
    path: `${folder}${screen}-${look.name}.png`,
    animations: 'disabled',
    caret: 'hide',
  })
}

test('the screens in light, dark, on a phone and in Finnish', async ({ browser, baseURL }) => {
  test.setTimeout(600_000)
  mkdirSync(folder, { recursive: true })
  const first = await browser.newContext({ baseURL, locale: 'en-GB' })
  const session = await signUpAndConnect(await first.newPage())
  const second = await browser.newContext({ baseURL, locale: 'en-GB' })
  const keeper = await signIn(await second.newPage(), process.env.OPL_KEEPER ?? 'keeper@example.fi')
  for (const look of looks) {
    const out = await dressed(browser, look, null, baseURL)
    const outside = await out.newPage()
    await outside.goto('/sign-in')
    await take(outside, 'sign-in', look)
    await out.close()
    const context = await dressed(browser, look, session, baseURL)
    const page = await context.newPage()
    const places: [string, string][] = [
      ['connect', '/connect'],
      ['overview', '/'],
      ['account', session.account],
      ['transactions', '/transactions'],
      ['spending', '/spending'],
      ['recurring', '/recurring'],
      ['forecast', '/forecast'],
      ['connection', session.connection],
      ['statement', `/statement?month=${lastMonth()}`],
      ['settings', '/settings'],
    ]
    for (const [screen, path] of places) {
      await page.goto(path)
      if (screen === 'account') await expect(page.getByRole('grid')).toBeVisible()
      await take(page, screen, look)
    }
    await page.goto('/transactions')
    const grid = page.getByRole('grid')
    await expect(grid).toBeVisible()
    await grid.focus()
    await page.keyboard.press('ArrowDown')
    await expect(page.locator('[role=row][data-active] .amount').first()).toBeVisible()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog').locator('dl').first()).toBeVisible()
    await take(page, 'transaction', look)
    await context.close()
    const inside = await dressed(browser, look, keeper, baseURL)
    const kept = await inside.newPage()
    for (const screen of ['audit', 'operations']) {
      await kept.goto(`/${screen}`)
      await expect(kept.locator('main ol > li, main table tbody tr').first()).toBeVisible()
      // What a role opens comes after the page.
      if (look.name !== 'phone') await expect(kept.locator('nav a[href="/audit"]')).toBeVisible()
      await take(kept, screen, look)
    }
    await inside.close()
  }
  await first.close()
  await second.close()
})

/** The last whole month. */
function lastMonth(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getFullYear(), now.getMonth() - 1, 15)).toISOString().slice(0, 7)
}
