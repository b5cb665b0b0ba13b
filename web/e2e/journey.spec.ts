import { expect, test } from '@playwright/test'
import { confirmAtBank, lookAt, readingTimeout } from './bank'
import { settled, watchConsole } from './checks'
import { Person } from './person'

/**
 * One person's whole way through the real program and a sandbox bank:
 * OPL_URL=https://localhost:8443 npm run e2e -- --project=real
 */
const bank = new RegExp(process.env.OPL_BANK ?? '^OP\\b|OP ', 'i')
/** The person's own time and hands from the first page to the first thing the program found out. */
const mostBusy = 60
const mostClicks = 12
test('sign up, connect, read, refresh, stop sharing', async ({ page, baseURL }) => {
  test.setTimeout(240_000)
  const complaints = watchConsole(page, baseURL)
  const email = `journey-${Date.now()}@example.com`
  const main = page.locator('main')
  const person = new Person()

  await page.goto('/sign-up')
  await lookAt(page, 'sign up')
  await person.type(page.getByLabel('Email'), email)
  await person.type(page.getByLabel('Password', { exact: true }), 'a long enough pass phrase')
  await person.click(page.getByRole('button', { name: 'Create account' }))
  await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
  await lookAt(page, 'empty overview')
  await person.click(main.getByRole('button', { name: 'Skip the tour' }))
  await expect(main.getByRole('button', { name: 'Take the tour' })).toHaveCount(0)

  await person.click(main.getByRole('link', { name: 'Connect a bank' }))
  await settled(page)
  await lookAt(page, 'choose bank')
  await person.click(main.getByRole('button', { name: bank, disabled: false }).first())
  await person.click(page.getByRole('button', { name: 'Continue' }))
  await lookAt(page, 'confirm')
  await person.click(page.getByRole('button', { name: /^Go to / }))
  await page.waitForURL((url) => !url.href.startsWith(`${baseURL}/connect`), { timeout: 30_000 })
  await confirmAtBank(page, undefined, person)

  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
  const connection = page.url()
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
  await lookAt(page, 'connection')

  await person.click(page.getByRole('navigation').getByRole('link', { name: 'Overview' }).first())
  await expect(page.getByRole('heading', { name: 'Total balance' })).toBeVisible()
  const spent = page.locator('section', { has: page.getByRole('heading', { name: /^Spending in / }) })
  await expect(spent.getByText(/€\d/).first()).toBeVisible()
  await test.step(`the person was busy for ${person.busy.toFixed(1)} s, with ${person.clicks} clicks`, () => {
    expect(person.busy, person.told()).toBeLessThan(mostBusy)
    expect(person.clicks, person.told()).toBeLessThanOrEqual(mostClicks)
  })
  await lookAt(page, 'overview')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Type a place or a command' })).toBeFocused()
  await page.keyboard.type('take the tour')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'A short tour' }).getByText('1 of 5')).toBeVisible()
  await page.keyboard.press('Escape')

  await page.goto('/accounts')
  await lookAt(page, 'accounts')
  await main.locator('li a').first().click()
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
