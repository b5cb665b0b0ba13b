import { expect, test } from '@playwright/test'
import { confirmAtBank, lookAt, readingTimeout } from './bank'
import { settled, watchConsole } from './checks'

/**
 * One person's whole way through the real program and a sandbox bank:
 * OPL_URL=https://localhost:8443 npm run e2e -- --project=real
 */
const bank = new RegExp(process.env.OPL_BANK ?? '^OP\\b|OP ', 'i')
test('sign up, connect, read, refresh, stop sharing', async ({ page, baseURL }) => {
  test.setTimeout(240_000)
  const complaints = watchConsole(page, baseURL)
  const email = `journey-${Date.now()}@example.com`

  await page.goto('/sign-up')
  await lookAt(page, 'sign up')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
  await lookAt(page, 'empty overview')

  await page.locator('main').getByRole('link', { name: 'Connect a bank' }).click()
  await settled(page)
  await lookAt(page, 'choose bank')
  await page.locator('main').getByRole('button', { name: bank, disabled: false }).first().click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await lookAt(page, 'confirm')
  await page.getByRole('button', { name: /^Go to / }).click()
  await page.waitForURL((url) => !url.href.startsWith(`${baseURL}/connect`), { timeout: 30_000 })
  await confirmAtBank(page)

  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
  const connection = page.url()
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
  await lookAt(page, 'connection')

  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'Total balance' })).toBeVisible()
  await expect(page.locator('main').getByText(/€\d/).first()).toBeVisible()
  await lookAt(page, 'overview')

  await page.goto('/accounts')
  await lookAt(page, 'accounts')
  await page.locator('main li a').first().click()
  await expect(page.getByRole('heading', { name: 'Balances' })).toBeVisible()
  await lookAt(page, 'account')

  await page.goto('/transactions')
  const grid = page.getByRole('grid')
  await expect(grid).toBeVisible()
  expect(Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(1)
  await lookAt(page, 'transactions')
  await grid.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog').locator('dl')).toBeVisible()
  await lookAt(page, 'transaction')
  await page.keyboard.press('Escape')

  await page.goto('/spending')
  await lookAt(page, 'spending')
  await page.goto('/settings')
  await expect(page.getByText(`Signed in as ${email}`)).toBeVisible()
  await lookAt(page, 'settings')

  await page.goto(connection)
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect(page.getByRole('button', { name: 'Refresh' })).toBeEnabled({ timeout: readingTimeout })
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })

  await page.getByRole('button', { name: 'Stop sharing' }).click()
  await lookAt(page, 'stop dialog')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }).click()
  await expect(page.getByText('You stopped sharing.')).toBeVisible({ timeout: 30_000 })
  await lookAt(page, 'connection that ended')
  await page.goto('/accounts')
  await expect(page.getByText('No longer shared').first()).toBeVisible()
  await lookAt(page, 'accounts no longer shared')
  expect(complaints).toEqual([])
})
