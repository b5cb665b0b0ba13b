import { expect, type Page, test } from '@playwright/test'
import { expectNoAxeViolation, settled, watchConsole } from './checks'

/**
 * One person's whole way through the real program and a sandbox bank:
 * OPL_URL=https://localhost:8443 npm run e2e -- --project=real
 */
const bank = new RegExp(process.env.OPL_BANK ?? '^OP\\b|OP ', 'i')
const testUser = process.env.OPL_TEST_USER ?? '88888881'
const readingTimeout = 60_000

async function lookAt(page: Page, name: string) {
  await settled(page)
  await expectNoAxeViolation(page, name)
}

/** The bank's own page: the test user may be a link, a button, a choice or a field. */
async function confirmAtBank(page: Page) {
  const choices = [
    page.getByRole('radio', { name: new RegExp(testUser) }),
    page.getByRole('link', { name: new RegExp(testUser) }),
    page.getByRole('button', { name: new RegExp(testUser) }),
    page.getByRole('combobox'),
    page.getByRole('textbox'),
  ]
  await expect(choices.reduce((any, choice) => any.or(choice)).first()).toBeVisible({ timeout: 20_000 })
  const [radio, link, button, combobox, textbox] = choices
  if (await radio?.count()) await radio?.first().check()
  else if (await link?.count()) await link?.first().click()
  else if (await button?.count()) await button?.first().click()
  else if (await combobox?.count())
    await combobox
      ?.first()
      .selectOption({ label: testUser })
      .catch(async () => {
        await combobox?.first().selectOption(testUser)
      })
  else await textbox?.first().fill(testUser)

  const approve = page.getByRole('button', { name: /approve|hyväksy|godkänn/i })
  const onward = page.getByRole('button', { name: /continue|next|sign in|log in|identify/i })
  await expect(approve.or(onward).first()).toBeVisible()
  if (!(await approve.count())) await onward.first().click()
  await expect(approve.first()).toBeVisible()
  for (const account of await page.getByRole('checkbox').all()) await account.check()
  await approve.first().click()
}

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
