import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled, watchConsole } from './checks'

/**
 * An auditor's list of tasks, done through the page of the real program after somebody has connected a
 * bank, read and left. The auditor signed up before and was given the role at the command line.
 */
const email = process.env.OPL_AUDITOR ?? 'auditor@example.fi'
const password = 'a long enough pass phrase'

async function lookAt(page: Page, name: string) {
  await settled(page)
  await expectNoAxeViolation(page, name)
  await page.screenshot({ path: test.info().outputPath(`${name.replaceAll(' ', '-')}.png`), fullPage: true })
}

const row = (page: Page, kind: string) => page.locator('ol > li').filter({ hasText: kind }).first()

test('an auditor finds who approved, what was read and by whose leave, and proves it', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(240_000)
  const complaints = watchConsole(page, baseURL)
  await page.goto('/sign-in')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => url.pathname === '/')
  await page.goto('/settings')
  await page.locator('main').getByRole('link', { name: 'Audit' }).click()

  // 1. Was anything read that should not have been?
  await expect(page.getByText('None. Every call had a consent that stood')).toBeVisible()
  await lookAt(page, 'audit')

  // 2. Who approved the consent, and what was signed?
  const filter = page.getByLabel('Filter')
  await filter.fill('type:consent.granted')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await row(page, 'consent.granted')
    .getByRole('button', { name: /^Story/ })
    .click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('the person, authenticated at the bank')).toBeVisible()
  await dialog.locator('details').filter({ hasText: 'request_object_digest' }).locator('summary').click()
  await expect(dialog.getByText('request_object_digest')).toBeVisible()
  await lookAt(page, 'story')
  await page.keyboard.press('Escape')

  // 3. By whose leave is this transaction here?
  await filter.fill('type:account.transaction_recorded')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await row(page, 'account.transaction_recorded')
    .getByRole('button', { name: /^By whose leave/ })
    .click()
  await expect(dialog.getByText('The consent stood when the call was sent.')).toBeVisible()
  await lookAt(page, 'leave')
  await page.keyboard.press('Escape')

  // 4. Is it really in the log? The browser works it out, and finds a wrong key wrong.
  await row(page, 'account.transaction_recorded')
    .getByRole('button', { name: /^Prove/ })
    .click()
  await dialog.getByRole('button', { name: 'Check' }).click()
  await expect(dialog.getByText(/The record is in the log of \d+ events\./)).toBeVisible()
  await expect(dialog.getByText(/signed by this key|cannot check Ed25519/)).toBeVisible()
  await lookAt(page, 'proof')
  const key = dialog.getByLabel('The log’s key')
  await key.fill((await key.inputValue()).replace(/.{6}$/, 'AAAAAA'))
  await dialog.getByRole('button', { name: 'Check' }).click()
  await expect(dialog.getByText('The checkpoint is NOT signed by this key.')).toBeVisible()
  await page.keyboard.press('Escape')

  // 5. What followed from one request?
  await filter.fill('type:consent.requested')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await row(page, 'consent.requested')
    .getByRole('button', { name: /^Chain/ })
    .click()
  await expect(filter).toHaveValue(/^correlation:/)
  await expect(row(page, 'consent.sent_to_bank')).toBeVisible()

  // 6. How did it stand earlier, and what has changed since? By keyboard.
  await page.getByRole('button', { name: 'Mark this place' }).click()
  const slider = page.getByRole('slider')
  await slider.focus()
  await page.keyboard.press('Home')
  for (let step = 0; step < 12; step++) await page.keyboard.press('ArrowRight')
  await page.getByRole('button', { name: /^Compare with the mark/ }).click()
  await expect(page.getByRole('heading', { name: /^From position \d+ to \d+$/ })).toBeVisible()
  await lookAt(page, 'difference')

  // 7. Often asked, begun at a place, and as a file in the order of the log.
  await page.getByRole('button', { name: 'Latest' }).click()
  await page.getByRole('button', { name: 'Permissions', exact: true }).click()
  await expect(filter).toHaveValue('type:consent.*')
  await expect(row(page, 'consent.requested')).toBeVisible()
  await expect(row(page, 'account.transaction_recorded')).toHaveCount(0)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'JSON lines' }).click(),
  ])
  const lines = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\n')
  const positions = lines.map((line) => Number(JSON.parse(line).position))
  expect(positions.length).toBeGreaterThan(2)
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
  await page.getByLabel('Begin at position').fill(String(positions[1]))
  await page.getByRole('button', { name: 'Go', exact: true }).click()
  await expect(page.locator('ol > li').first()).toContainText(String(positions[1]))
  await page.getByLabel('Begin at position').fill('0')
  await page.getByRole('button', { name: 'Go', exact: true }).click()
  await expect(page.getByText(/^Write a position from 1 to /)).toBeVisible()
  await lookAt(page, 'audit with a place')

  // 8. On a phone, in the dark, in the two other languages.
  await page.setViewportSize({ width: 360, height: 740 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto('/audit')
  await expect(row(page, 'registration.started')).toBeVisible()
  await expectNoSidewaysScroll(page, 'audit on a phone')
  await lookAt(page, 'audit on a phone')
  expect(complaints).toEqual([])
})
