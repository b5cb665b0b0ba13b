import { type Page, expect as quickly, test } from '@playwright/test'
import { confirmAtBank, lookAt, readingTimeout } from './bank'
import { settled, watchConsole } from './checks'

/** A program built for finding faults works out a forecast in seconds, not in milliseconds. */
const expect = quickly.configure({ timeout: 30_000 })
const bank = new RegExp(process.env.OPL_BANK ?? '^OP\\b|OP ', 'i')

/** A person with one bank that has been read to the end. */
async function begin(page: Page) {
  await page.goto('/sign-up')
  await page.getByLabel('Email').fill(`insights-${Date.now()}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.locator('main').getByRole('link', { name: 'Connect a bank' }).click()
  await page.locator('main').getByRole('button', { name: bank, disabled: false }).first().click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: /^Go to / }).click()
  await confirmAtBank(page)
  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
}

/** Every screen of insights on what the real program found in a sandbox bank's rows. */
test('what rows mean: recurring, ahead, budgets, notices, rules, spending', async ({ page, baseURL }) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page, baseURL)
  await begin(page)

  await page.goto('/recurring')
  const out = page.locator('section', { has: page.getByRole('heading', { name: 'Going out', exact: true }) })
  await expect(out.getByRole('row').nth(1)).toBeVisible()
  await lookAt(page, 'recurring')
  await expect(page.getByText(/^From everything up to event \d+/)).toBeVisible()
  await page.getByRole('button', { name: 'Calendar', exact: true }).click()
  await lookAt(page, 'recurring, as a calendar')

  await page.goto('/forecast')
  await expect(page.getByRole('slider', { name: 'Day in the chart' })).toBeVisible()
  await lookAt(page, 'forecast')
  const whatIf = page.locator('section', { has: page.getByRole('heading', { name: 'What if', exact: true }) })
  await whatIf.getByLabel('What', { exact: true }).fill('Holiday')
  await whatIf.getByLabel(/^Amount/).fill('99999')
  await whatIf.getByRole('button', { name: 'Try it' }).click()
  await expect(page.getByText('The balance may fall below zero.')).toBeVisible()
  await page.getByRole('button', { name: 'Keep today’s forecast' }).click()
  await expect(page.getByText('no day has come yet')).toBeVisible()

  await page.goto('/budgets')
  await page.getByRole('button', { name: 'New budget' }).click()
  await page.getByLabel('Category').selectOption('groceries')
  await page.getByLabel(/^At most in a month/).fill('450')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/ of €450\.00$/)).toBeVisible()
  await lookAt(page, 'budgets')

  await page.goto('/notices')
  await settled(page)
  const mute = page.getByRole('button', { name: /^Mute: / })
  const notices = await mute.count()
  if (notices > 0) {
    await mute.first().click()
    await expect(mute).toHaveCount(notices - 1)
    await page.getByLabel('Show muted ones too').check()
    await page.getByRole('button', { name: /^Show again: / }).click()
    await expect(mute).toHaveCount(notices)
  }
  await lookAt(page, 'notices')

  await page.goto('/rules')
  await page.getByRole('button', { name: 'New rule' }).click()
  await page.getByLabel('Name of the rule').fill('Everything that goes out')
  await page.getByLabel('Condition 1', { exact: true }).selectOption({ label: 'The money goes' })
  await page.getByLabel('the category is').selectOption('pets')
  await expect(page.getByText(/^This changes [\d,]+ rows of [\d,]+$/)).toBeVisible()
  await page.getByRole('button', { name: 'Adopt', exact: true }).click()
  await expect(page.getByText(/^Version 1, adopted /)).toBeVisible()
  await lookAt(page, 'rules')

  await page.goto('/spending')
  await page.getByRole('link', { name: 'Pets' }).click()
  await expect(page.getByRole('heading', { name: 'Pets: to whom' })).toBeVisible()
  await lookAt(page, 'payees of a category')

  await page.goto('/transactions?direction=OUT')
  const grid = page.getByRole('grid')
  await grid.focus()
  await expect(page.locator('[role=row][data-active]')).not.toContainText('Loading')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('Your rule “Everything that goes out”')).toBeVisible()
  await dialog.getByLabel('Category').selectOption('charity')
  await expect(dialog.getByText(/^From now on this payee is Donations\./)).toBeVisible()
  await dialog.getByRole('button', { name: 'Always for this payee' }).click()
  await expect(dialog.getByText('This payee is now always Donations.')).toBeVisible()

  await page.goto('/rules')
  await page.getByRole('button', { name: 'Remove: Everything that goes out' }).click()
  await page.getByRole('button', { name: 'Adopt', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'No rules yet' })).toBeVisible()

  await page.goto('/cash-flow')
  await expect(page.getByRole('slider', { name: 'Period' })).toBeVisible()
  await page.getByRole('button', { name: 'From pay-day to pay-day' }).click()
  await expect(page.getByRole('slider', { name: 'Month in the chart' })).toBeVisible()
  await lookAt(page, 'cash flow')
  expect(complaints).toEqual([])
})
