import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { signIn, test } from './signed-in'

const failed = { errors: [{ message: 'failed', extensions: { code: 'INTERNAL', requestId: 'a-request' } }] }

async function open(page: Page, email: string, path: string, language = 'en') {
  await page.addInitScript(
    (kept) => localStorage.setItem('opl.preferences', kept),
    JSON.stringify({ language, tourSeen: true }),
  )
  await signIn(page, email, path)
  await settled(page)
}

/** From here on every answer is a failure, until it is taken back. */
async function fail(page: Page): Promise<() => Promise<void>> {
  await page.route('**/graphql', (route) => route.fulfill({ json: failed }))
  return () => page.unroute('**/graphql')
}

test('an auditor reads the log in the language of the page, by the clock of the log', async ({ page }) => {
  await open(page, 'auditor@example.com', '/audit', 'fi')
  const when = page.locator('main ol time').first()
  await expect(when).toHaveText(/^\d{1,2}\.\d{1,2}\.\d{4} klo \d{1,2}\.\d{2}\.\d{2} UTC$/)
  await expect(when).toHaveAttribute('datetime', /^\d{4}-\d{2}-\d{2}T/)
  await expectNoAxeViolation(page, 'audit')
  await page.getByRole('button', { name: 'Kenen luvalla, kohta 5', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('Aikataulun mukaan')).toBeVisible()
  await expect(dialog.getByText('Tilitietojen näyttäminen')).toBeVisible()
  await expect(dialog.getByText(/T\d\d:\d\d/)).toHaveCount(0)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Vaiheet, kohta 2', exact: true }).click()
  await expect(dialog.getByText(/henkilö, tunnistettu pankissa \(urn:/)).toBeVisible()
  await expectNoAxeViolation(page, 'story')
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 320, height: 720 })
  await expectNoSidewaysScroll(page, 'audit on a phone')
})

test('what an auditor asked for and did not get can be asked for again', async ({ page }) => {
  await open(page, 'auditor-with-cause@example.com', '/audit')
  await expect(page.getByText('After the consent had ended')).toBeVisible()
  const mend = await fail(page)
  await page.getByRole('button', { name: 'Permissions' }).click()
  const again = page.getByRole('button', { name: 'Try again' })
  await expect(again).toHaveCount(1)
  await mend()
  await again.press('Enter')
  await expect(page.locator('main ol > li').first()).toContainText('consent.requested')
  // What had the focus is gone: the focus is at the content, and not nowhere.
  await expect(page.locator('main')).toBeFocused()
  const mendDialog = await fail(page)
  await page.getByRole('button', { name: 'Prove, position 2', exact: true }).click()
  const dialog = page.getByRole('dialog')
  const anew = dialog.getByRole('button', { name: 'Try again' })
  await expect(anew).toBeVisible()
  await mendDialog()
  await anew.press('Enter')
  await dialog.getByRole('button', { name: 'Check' }).click()
  await expect(dialog.getByText(/The record is in the log of 6000 events\./)).toBeVisible()
})

test('an analyst sees sums in a table that says what it is, and nothing of too few', async ({ page }) => {
  await open(page, 'analyst@example.com', '/analysis', 'fi')
  await expect(page.getByRole('table', { name: /^Analyysi, / })).toBeVisible()
  await expect(page.getByRole('row', { name: /Ruokakauppa .*€/ })).toBeVisible()
  await expectNoAxeViolation(page, 'analysis')
  await page.setViewportSize({ width: 320, height: 720 })
  await expectNoSidewaysScroll(page, 'analysis on a phone')
  await open(page, 'analyst-of-few@example.com', '/analysis', 'fi')
  await expect(page.getByText('Liian vähän ihmisiä')).toBeVisible()
})

test('an operator sees how the service runs, and gives a role and takes it back', async ({ page }) => {
  await open(page, 'operator@example.com', '/operations')
  await expect(page.getByRole('table', { name: 'Read models' })).toContainText('1,412')
  await expect(page.getByText('Being rebuilt')).toBeVisible()
  await expectNoAxeViolation(page, 'operations')
  await page.getByLabel('Person').fill('0199f3c2-1d10-7000-8000-00000000000f')
  await page.getByLabel('Reason').fill('quarterly_figures')
  await page.getByLabel('Role', { exact: true }).selectOption('ANALYST')
  await page.getByRole('button', { name: 'Give the role' }).click()
  const takeBack = page.getByRole('button', {
    name: /^Take back: Analyst of 0199f3c2-1d10-7000-8000-00000000000f/,
  })
  await takeBack.press('Enter')
  await expect(takeBack).toHaveCount(0)
  await page.setViewportSize({ width: 320, height: 720 })
  await expectNoSidewaysScroll(page, 'operations on a phone')
})

test('who holds no role is told who gives it', async ({ page }) => {
  for (const [path, none] of [
    ['/audit', 'You have no auditor role'],
    ['/analysis', 'You have no analyst role'],
    ['/operations', 'You have no operator role'],
  ] as const) {
    await open(page, 'new@example.com', path)
    await expect(page.getByRole('heading', { name: none })).toBeVisible()
  }
})

test('a holder of a role makes a token for a program and revokes it', async ({ page }) => {
  await open(page, 'keeper@example.com', '/settings')
  const menu = page.getByRole('navigation', { name: 'Main' })
  await menu.getByRole('link', { name: 'Operations' }).click()
  await expect(page.getByRole('heading', { name: 'Operations' })).toBeVisible()
  await page.goBack()
  for (const name of ['Audit', 'Analysis', 'Operations']) {
    await expect(page.locator('main').getByRole('link', { name })).toBeVisible()
  }
  const programs = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Programs' }) })
  await programs.getByLabel('Timeline, headers only').check()
  await programs.getByLabel('Reason').fill('nightly_checks')
  await programs.getByRole('button', { name: 'Make a token' }).click()
  await expect(programs.getByText(/^oplr_/)).toBeVisible()
  await expectNoAxeViolation(page, 'settings of a keeper')
  await programs.getByRole('button', { name: 'I have copied it' }).click()
  await programs.getByRole('button', { name: /^Revoke the token/ }).press('Enter')
  await expect(programs.getByText('revoked', { exact: true })).toBeVisible()
})
