import { expect, type Page } from '@playwright/test'
import { answered, expectNoAxeViolation, settled, watchQuestions } from './checks'
import { expected, signIn, test } from './signed-in'

test.beforeEach(({ page }) => watchQuestions(page))

const activeRow = (page: Page) => page.locator('[role=row][data-active]')

test.describe('signing in', () => {
  test('leads back to where the person was', async ({ page }) => {
    await page.goto('/transactions?q=lidl')
    await expect(page).toHaveURL(/sign-in\?next=/)
    await page.getByLabel('Email').fill('aino@example.com')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL('/transactions?q=lidl')
    await expect(page.getByLabel('Search transactions')).toHaveValue('lidl')
  })

  test('says what is wrong and keeps the email', async ({ page }) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByLabel('Email')).toBeFocused()
    await page.getByLabel('Email').fill('aino@example.com')
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByRole('alert')).toHaveText('The email or the password is not right.')
    await expect(page.getByLabel('Email')).toHaveValue('aino@example.com')
    await expectNoAxeViolation(page, 'refused sign-in')
  })

  test('signing up words what the server refuses', async ({ page }) => {
    await page.goto('/sign-up')
    await page.getByLabel('Email').fill('taken@example.com')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByLabel('Password', { exact: true })).toBeFocused()
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByText('There is already an account with this email.')).toBeVisible()
    await expectNoAxeViolation(page, 'refused sign-up')
  })

  test('signing out leaves nothing to see', async ({ page }) => {
    await signIn(page)
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expect(page).toHaveURL(/sign-in/)
    await page.goto('/accounts')
    await expect(page).toHaveURL(/sign-in\?next=/)
  })
})

test.describe('connecting a bank', () => {
  test('from nothing to accounts', async ({ page }) => {
    await page.goto('/sign-up')
    await page.getByLabel('Email').fill('new@example.com')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.locator('main').getByRole('link', { name: 'Connect a bank' }).click()
    await expect(page.getByRole('button', { name: /Danske Bank/ })).toBeDisabled()
    await page.getByLabel('Search banks').fill('okoy')
    await page.getByRole('button', { name: /OP Financial Group/ }).click()
    await page.getByLabel(/180 days/).check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect(
      page.getByRole('heading', { name: 'You now go to OP Financial Group to confirm' }),
    ).toBeVisible()
    await expect(page.getByText(/180 days, until/)).toBeVisible()
    await page.getByRole('button', { name: 'Go to OP Financial Group' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await expect(page).toHaveURL(/\/connections\/c-1$/)
    await expect(page.getByText(/Reading account/)).toBeVisible()
    await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: 10_000 })
    await page.getByRole('link', { name: /Käyttötili/ }).click()
    await expect(page.getByRole('grid')).toBeVisible()
  })

  test('saying no at the bank', async ({ page }) => {
    await signIn(page, 'new@example.com')
    await page.goto('/connect?bank=op&step=confirm')
    await page.getByRole('button', { name: /Go to/ }).click()
    await page.getByRole('button', { name: 'Refuse' }).click()
    await expect(page.getByRole('heading', { name: 'You said no at the bank' })).toBeVisible()
    await expectNoAxeViolation(page, 'refused at the bank')
    await page.getByRole('link', { name: 'See connections' }).click()
    await expect(page.getByText('You said no at the bank. Nothing was shared.')).toBeVisible()
  })

  test('a bank that does not answer', async ({ page }) => {
    await signIn(page)
    await page.goto('/connect?bank=nordea&step=confirm')
    await page.getByRole('button', { name: /Go to/ }).click()
    await expect(page.getByRole('alert')).toContainText('The bank does not answer now.')
  })

  for (const code of ['state_unknown', 'expired', 'answer_not_trusted', 'other_browser', 'already_used']) {
    test(`coming back with ${code}`, async ({ page, complaints }) => {
      await signIn(page)
      await page.waitForURL('/')
      await page.goto(`/callback/op?x=1#case=${code}`)
      await expect(page).toHaveURL('/callback/op')
      await expect(page.getByRole('alert')).toBeVisible()
      await expect(page.getByRole('link', { name: 'Start again' })).toBeVisible()
      await expectNoAxeViolation(page, code)
      expected(complaints, /status of 400/)
      await page.reload()
      await expect(page.getByText('There is no answer from a bank to look at here.')).toBeVisible()
    })
  }

  test('coming back signed out, and finishing after signing in', async ({ page, complaints }) => {
    await page.goto('/callback/op#case=expired')
    await expect(page.getByText(/You were signed out meanwhile/)).toBeVisible()
    await page.getByRole('link', { name: 'Sign in', exact: true }).click()
    await page.getByLabel('Email').fill('aino@example.com')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByText(/It took too long at the bank/)).toBeVisible()
    expected(complaints, /status of 40[01]/)
  })
})

test.describe('the consent centre', () => {
  test('refreshing and stopping', async ({ page }) => {
    await signIn(page)
    await page.goto('/connections')
    await page.getByRole('link', { name: /OP Financial Group/ }).click()
    await page.getByRole('button', { name: 'Refresh' }).click()
    await expect(page.getByRole('button', { name: 'Reading' })).toBeDisabled()
    await expect(page.getByRole('button', { name: 'Refresh' })).toBeEnabled({ timeout: 10_000 })
    await page.getByRole('button', { name: 'Stop sharing' }).click()
    const dialog = page.getByRole('alertdialog')
    await expect(dialog).toContainText('What stops')
    await expect(dialog).toContainText('What stays')
    await expectNoAxeViolation(page, 'stop dialog')
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await page.getByRole('button', { name: 'Stop sharing' }).click()
    await dialog.getByRole('button', { name: 'Stop sharing' }).click()
    await expect(page.getByText('You stopped sharing.')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Connect again' })).toBeVisible()
    await page.goto('/accounts')
    await expect(page.getByText('No longer shared')).toHaveCount(5)
  })
})

test.describe('transactions', () => {
  test('by keyboard', async ({ page }) => {
    await signIn(page, 'many@example.com')
    await page.goto('/transactions')
    const grid = page.getByRole('grid')
    await expect(grid).toBeVisible()
    expect(Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(100_000)
    await grid.focus()
    await expect(activeRow(page)).not.toContainText('Loading')
    const first = await activeRow(page).textContent()
    await page.keyboard.press('j')
    await expect(activeRow(page)).not.toHaveText(first ?? '')
    await page.keyboard.press('k')
    await expect(activeRow(page)).toHaveText(first ?? '')
    await page.keyboard.press('End')
    await expect(activeRow(page)).toBeInViewport()
    await expect(activeRow(page)).not.toContainText('Loading')
    expect(await page.locator('*').count()).toBeLessThan(900)
    await page.keyboard.press('Home')
    await expect(activeRow(page)).toBeInViewport()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await expect(dialog.locator('dl')).toBeVisible()
    const opened = page.url()
    await page.getByRole('button', { name: 'Next transaction' }).click()
    await expect(page).not.toHaveURL(opened)
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(grid).toBeFocused()
  })

  test('search and filters live in the address', async ({ page }) => {
    await signIn(page)
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await expect(page).toHaveURL('/transactions')
    // The address changes before the page does, and only the page knows the key.
    await expect(page.getByRole('heading', { name: 'Transactions', level: 1 })).toBeVisible()
    await settled(page)
    await page.keyboard.press('/')
    await expect(page.getByRole('searchbox')).toBeFocused()
    await page.keyboard.type('lidl')
    await expect(page).toHaveURL('/transactions?q=lidl')
    await expect(page.getByRole('row').filter({ hasText: 'Lidl' }).first()).toBeVisible()
    await expect(page.getByRole('row').filter({ hasText: 'Neste' })).toHaveCount(0)
    await page.locator('summary').click()
    await page.getByLabel('Smallest amount').fill('30')
    await page.getByLabel('Smallest amount').press('Enter')
    await expect(page).toHaveURL(/min=3000/)
    await page.getByLabel('Direction').selectOption('IN')
    await expect(page.getByRole('heading', { name: 'No transaction matches' })).toBeVisible()
    await page.getByRole('button', { name: 'Clear filters' }).first().click()
    await expect(page).toHaveURL('/transactions')
    await page.goBack()
  })

  test('a shared link opens the transaction', async ({ page }) => {
    await signIn(page)
    await page.waitForURL('/')
    await page.goto('/transactions?tx=c-op-everyday-t1')
    await expect(page.getByRole('dialog').locator('dl')).toBeVisible()
    await page.getByRole('button', { name: 'Close' }).click()
    await expect(page).toHaveURL('/transactions')
  })
})

test.describe('spending', () => {
  test('months, the table twin, and the way to the rows', async ({ page }) => {
    await signIn(page)
    await page.waitForURL('/')
    await page.goto('/spending')
    await settled(page)
    await page.keyboard.press('[')
    await expect(page).toHaveURL(/month=/)
    await page.getByRole('button', { name: 'Show as table' }).click()
    await expect(page.getByRole('table', { name: /over 12 months/ })).toBeVisible()
    await expectNoAxeViolation(page, 'table twin')
    await page.getByRole('link', { name: 'Groceries' }).click()
    await expect(page).toHaveURL(/category=groceries/)
    await expect(page.getByRole('row').first()).toBeVisible()
  })
})

const hideAmounts = [
  '/',
  '/accounts',
  '/transactions',
  '/spending',
  '/recurring',
  '/recurring?view=calendar',
  '/forecast',
  '/budgets',
  '/notices',
  '/rules',
  '/spending?category=groceries',
  '/cash-flow',
  '/accounts/c-op-everyday',
]

test.describe('preferences', () => {
  test('hidden amounts leave the document', async ({ page }) => {
    await signIn(page)
    await page.waitForURL('/')
    await expect(page.getByText('€15,350.45').first()).toBeVisible()
    await page.keyboard.press('Control+Shift+P')
    for (const path of hideAmounts) {
      await page.goto(path)
      await settled(page)
      expect(await page.locator('body').innerHTML(), path).not.toMatch(/€\s?\d|\d\s?€|SEK\s?\d/)
    }
  })

  test('language and theme stay', async ({ page }) => {
    await signIn(page)
    await page.waitForURL('/')
    await page.goto('/settings')
    await page.getByLabel('Language').selectOption('fi')
    await expect(page.getByRole('heading', { name: 'Asetukset' })).toBeVisible()
    await page.getByLabel('Teema', { exact: true }).selectOption('dark')
    await page.reload()
    await expect(page.locator('html')).toHaveAttribute('lang', 'fi')
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
    await expect(page.getByRole('heading', { name: 'Asetukset' })).toBeVisible()
  })

  test('letters can be turned off', async ({ page }) => {
    await signIn(page)
    await page.waitForURL('/')
    await page.goto('/settings')
    await page.getByLabel('Single-letter keys').uncheck()
    await page.locator('h1').click()
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await expect(page).toHaveURL('/settings')
  })
})

test.describe('when the server says no', () => {
  const answerWith = (page: Page, code: string) =>
    page.route('**/graphql', (route) =>
      route.fulfill({ json: { errors: [{ message: 'no', extensions: { code, requestId: 'request-1' } }] } }),
    )

  test('an ended session leads to signing in, and back', async ({ page }) => {
    await signIn(page)
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
    await answered(page)
    await answerWith(page, 'UNAUTHENTICATED')
    await page.getByRole('link', { name: 'Spending', exact: true }).click()
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fspending/)
    await expect(page.getByText('Sign in to go on to where you were.')).toBeVisible()
  })

  test('an old page offers to reload', async ({ page }) => {
    await signIn(page)
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
    await answered(page)
    await answerWith(page, 'UNKNOWN_DOCUMENT')
    await page.getByRole('link', { name: 'Spending', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible()
    await expect(page.getByText('request-1')).toBeVisible()
  })
})
