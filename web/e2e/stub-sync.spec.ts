import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import { signIn, test } from './signed-in'

test.beforeEach(({ page }) => signIn(page))

const main = (page: Page) => page.locator('main')
const waiting = (page: Page) => page.getByRole('link', { name: /^To check/ })

test.describe('how up to date things are', () => {
  test('is said in plain words: age, next read, what went wrong', async ({ page }) => {
    await page.goto('/accounts')
    const failed = main(page).locator('section').filter({ hasText: 'Taloustili' })
    await expect(failed).toContainText(/Updated 3 hours ago · next read .*\d\d:\d\d · bank did not answer/)
    await expect(main(page).getByRole('link', { name: /Käyttötili/ })).not.toContainText('bank')
    await page.goto('/accounts/c-nordea-household')
    await expect(page.getByText('The last read failed and is tried again.')).toBeVisible()
    await page.goto('/accounts/c-s-bonus')
    await expect(page.getByText(/not read any more/)).toBeVisible()
  })

  test('a reading shows its progress and then its end', async ({ page }) => {
    await page.goto('/connections/c-op')
    await page.getByRole('button', { name: 'Refresh' }).click()
    await expect(page.getByRole('progressbar', { name: 'Reading progress' })).toBeVisible()
    await expect(
      main(page)
        .getByText(/being read now/)
        .first(),
    ).toBeVisible()
    await expectNoAxeViolation(page, 'a connection being read')
    await expect(page.getByText(/^Read .* new\.$/)).toBeVisible()
    await expect(page.getByText(/^Next read: /)).toBeVisible()
  })

  test('every balance has its time, and a credit line is not one’s own', async ({ page }) => {
    await page.goto('/accounts/c-nordea-household')
    const balances = page.locator('section', { has: page.getByRole('heading', { name: 'Balances' }) })
    await expect(balances.getByText(/^Since /)).toHaveCount(3)
    await expect(balances.getByText(/€2,000\.00 of this is not your own money/)).toBeVisible()
    await page.goto('/')
    await expect(page.getByText('€16,193.55')).toBeVisible()
    await expect(page.getByText(/credit lines €2,000\.00, not counted/)).toBeVisible()
  })
})

test.describe('the review queue', () => {
  test('what newer rules would change is looked at, accepted, and said', async ({ page }) => {
    await page.goto('/reviews')
    const card = main(page).locator('section').filter({ hasText: 'Newer rules would change 2 things' })
    await expect(card.getByText('Nothing changes until you accept it')).toBeVisible()
    await expect(card.getByRole('button', { name: 'Accept all' })).toHaveCount(0)
    await card.getByRole('button', { name: 'Look' }).click()
    await expect(card.getByRole('heading', { name: 'Two rows are one payment' })).toBeVisible()
    await expect(card.getByText('Before: counts. Then: another reading of a payment.')).toBeVisible()
    await expect(card.getByText('What you edited stays.')).toBeVisible()
    await expect(card.getByText('1 row stays unchanged, because you decided so.')).toBeVisible()
    await expectNoAxeViolation(page, 'what newer rules would change')
    await card.getByRole('button', { name: 'Accept all' }).click()
    await expect(
      main(page).getByText('Accepted: 2 changes. Each can be undone at its payment.'),
    ).toBeVisible()
    await expect(card).toHaveCount(0)
  })

  test('is counted where one sees it, and decided, undone and left by key', async ({ page }) => {
    await expect(page.getByText('3 rows wait for you: one payment or two?')).toBeVisible()
    await expect(waiting(page)).toHaveAccessibleName(/3 rows to check/)
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await expect(page).toHaveURL('/reviews')
    await expect(page.getByRole('article')).toHaveCount(3)
    await settled(page)
    await page.keyboard.press('s')
    await expect(page.getByText('One payment. It counts once.').first()).toBeVisible()
    await expect(page.getByRole('article')).toHaveCount(2)
    await expect(page.getByRole('article').first()).toBeFocused()
    await expect(waiting(page)).toHaveAccessibleName(/2 rows to check/)
    await expectNoAxeViolation(page, 'a verdict just given')
    await page.keyboard.press('u')
    await expect(page.getByText('Undone. The row waits for you again.').first()).toBeAttached()
    await expect(page.getByRole('article')).toHaveCount(3)
    await expect(waiting(page)).toHaveAccessibleName(/3 rows to check/)
    await page.keyboard.press('d')
    await expect(page.getByText('Two payments. Both count.').first()).toBeVisible()
    await expect(page.getByRole('article')).toHaveCount(2)
    for (const left of [1, 0]) {
      await page.keyboard.press('l')
      await expect(page.getByRole('article')).toHaveCount(left)
    }
    await expect(page.getByRole('heading', { name: 'That is all for now' })).toBeVisible()
    await expect(waiting(page)).toHaveAccessibleName(/2 rows to check/)
    await page.getByRole('button', { name: 'Show what was left' }).click()
    await expect(page.getByRole('article')).toHaveCount(2)
  })

  test('shows both rows with what differs and why, in words', async ({ page }) => {
    await page.goto('/reviews')
    const drift = page.getByRole('article').nth(1)
    await expect(drift.getByRole('heading', { name: /Hard to say/ })).toContainText('52%')
    await expect(drift.getByRole('row', { name: /^Amount differs/ })).toBeVisible()
    await expect(drift.getByText('The amounts differ by 4.2%.')).toBeVisible()
    await expect(drift.getByText('The texts are 61% alike.')).toBeVisible()
    const either = page.getByRole('article').nth(2)
    await either.getByText('It may also be another one (2 of 2)').click()
    await expect(either.getByRole('table')).toHaveCount(2)
    await expectNoAxeViolation(page, 'two candidates')
    await either.getByRole('button', { name: 'The same payment' }).nth(1).click()
    await expect(page.getByRole('article')).toHaveCount(2)
  })

  test('a decision is found again and undone', async ({ page }) => {
    await page.goto('/reviews')
    await page.getByRole('button', { name: 'Two different payments' }).first().click()
    await page.reload()
    const decided = page.locator('section', { has: page.getByRole('heading', { name: 'Decided before' }) })
    await expect(decided.getByText(/Two payments\. Both count\. you said/)).toBeVisible()
    await decided.getByRole('button', { name: 'Undo' }).click()
    await expect(decided.getByText(/Undone since then\./)).toBeVisible()
    await expect(decided.getByRole('button', { name: 'Undo' })).toHaveCount(0)
  })

  test('what is refused is said where it happened', async ({ page }) => {
    await page.goto('/reviews')
    await settled(page)
    await page.route('**/graphql', (route) =>
      route.request().postDataJSON().variables.verdict
        ? route.fulfill({ json: { data: { decideReview: { status: 'NOT_DOUBTED', position: null } } } })
        : route.continue(),
    )
    await page.getByRole('button', { name: 'The same payment' }).first().click()
    await expect(page.getByRole('alert').getByText('This was decided already.')).toBeVisible()
  })
})

test.describe('a transaction', () => {
  test('tells why it is one, with the events behind, and is parted again', async ({ page }) => {
    await page.goto('/transactions?tx=c-op-everyday-told')
    const dialog = page.getByRole('dialog')
    const history = dialog.locator('section', { has: page.getByRole('heading', { name: /Why/ }) })
    await expect(history.getByText('The bank corrected it')).toBeVisible()
    await expect(history.getByText('Event 4210', { exact: true })).toBeVisible()
    await expect(history.getByText('row 18 of answer 4')).toBeVisible()
    await expect(history.getByText('It was pending and is booked now.')).toBeVisible()
    await expect(history.getByText('Read from the bank for the first time')).toBeVisible()
  })

  test('is joined with another, and that is undone', async ({ page }) => {
    await page.goto('/transactions?tx=c-op-everyday-told')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Join with another row' }).click()
    await expect(dialog.getByRole('heading', { name: 'Which row is the same payment?' })).toBeVisible()
    await dialog.getByRole('button', { name: 'Show other amounts too' }).click()
    await expectNoAxeViolation(page, 'joining')
    await dialog
      .getByRole('button', { name: /^The same payment: / })
      .first()
      .click()
    await expect(dialog.getByRole('heading', { name: 'Why are these one?' })).toBeVisible()
    await dialog.getByRole('button', { name: 'Undo' }).click()
    await expect(dialog.getByText('The joining was undone')).toBeVisible()
    await expect(dialog.getByText(/^Undone by event/)).toBeVisible()
  })

  test('keeps a category, a note and a split of one’s own', async ({ page }) => {
    await page.goto('/transactions?tx=c-op-everyday-told')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Category').selectOption({ label: 'Health' })
    await expect(dialog.getByText('Category chosen')).toBeVisible()
    await dialog.getByLabel('Note').fill('Shared with Leo')
    await dialog.getByRole('button', { name: 'Save note' }).click()
    await expect(dialog.getByText('Note written')).toBeVisible()
    await dialog.getByRole('button', { name: 'Split', exact: true }).click()
    const amounts = dialog.getByLabel('Amount')
    const whole = Number(await amounts.first().inputValue())
    await amounts.first().fill(String(whole - 1))
    await expect(dialog.getByRole('button', { name: 'Save the split' })).toBeDisabled()
    await expect(dialog.getByText('Left to share out: €1.00')).toBeVisible()
    await amounts.nth(1).fill('1,00')
    await dialog.getByLabel('Note').nth(1).fill('Coffee')
    await expect(dialog.getByText('The parts add up.')).toBeVisible()
    await expectNoAxeViolation(page, 'splitting')
    await dialog.getByRole('button', { name: 'Save the split' }).click()
    await expect(dialog.getByText('· Coffee')).toBeVisible()
    await page.reload()
    await expect(dialog.getByLabel('Category')).toHaveValue('health')
    await expect(dialog.getByLabel('Note')).toHaveValue('Shared with Leo')
  })

  test('keys move between rows, but not while one writes', async ({ page }) => {
    await page.goto('/transactions')
    await page.getByRole('grid').focus()
    // Only a row that is there can be opened.
    await expect(page.locator('[role=row][data-active]')).toContainText(/\d/)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Note').fill('left and right')
    const before = page.url()
    await page.keyboard.press('ArrowLeft')
    expect(page.url()).toBe(before)
  })
})

test.describe('the days that were read', () => {
  test('gaps are named, the breaking day too, and the table says the same', async ({ page }) => {
    await page.goto('/accounts/c-nordea-household')
    await expect(page.getByText('3 gaps in what is known:')).toBeVisible()
    await expect(page.getByText(/rows and balance differ by €12\.50/)).toBeVisible()
    await expect(page.getByRole('img', { name: /^Calendar of days read/ })).toBeVisible()
    const days = page.locator('section', { has: page.getByRole('heading', { name: 'Days that were read' }) })
    await days.getByRole('button', { name: 'Show as table' }).click()
    const table = page.getByRole('table', { name: 'Days that were read' })
    await expect(table.getByRole('row')).toHaveCount(13)
    await expect(table.getByText(/\(19 days\)|\(\d+ days\)/).first()).toBeVisible()
    await page.locator('summary', { hasText: 'The last reads' }).click()
    await expect(page.getByText('no, cut short')).toBeVisible()
    await expectNoAxeViolation(page, 'coverage as tables')
    await page.getByRole('button', { name: 'Earlier year' }).click()
    await expect(page.getByRole('button', { name: 'Earlier year' })).toBeDisabled()
  })
})

test.describe('renewing', () => {
  test('from the notice to the bank and back, with everything kept', async ({ page }) => {
    await expect(page.getByText('Sharing from Nordea ends in 10 days.')).toBeVisible()
    await expect(page.getByText('S-Pankki no longer shares anything.')).toBeVisible()
    await expect(page.getByText(/^Known up to: Bonustili/)).toBeVisible()
    await page.getByRole('button', { name: 'Renew Nordea' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectNoAxeViolation(page, 'renewing')
    await page.getByLabel('180 days').check()
    await page.getByRole('button', { name: 'Go to Nordea' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL(/\/connections\/c-nordea$/)
    await expect(page.getByText(/in 180 days/)).toBeVisible()
    await page.goto('/')
    await expect(page.getByText(/Sharing from Nordea ends/)).toHaveCount(0)
  })

  test('a bank that does not answer is said so, and nothing ends', async ({ page }) => {
    await page.goto('/connections/c-shb')
    await page.getByRole('button', { name: 'Renew Handelsbanken' }).click()
    await page.getByRole('button', { name: 'Go to Handelsbanken' }).click()
    await expect(page.getByRole('alert').getByText(/The bank does not answer now/)).toBeVisible()
  })

  test('a calendar address is made, shown once and ended', async ({ page }) => {
    await page.goto('/connections')
    await page.getByRole('button', { name: 'Make an address' }).click()
    await expect(page.getByLabel('Address of your calendar')).toHaveValue(/^http.*\/calendar\/.*\.ics$/)
    await expectNoAxeViolation(page, 'a calendar address')
    await page.reload()
    await expect(page.getByText('You have an address. It was shown when it was made.')).toBeVisible()
    await page.getByRole('button', { name: 'End the address' }).click()
    await expect(page.getByRole('button', { name: 'Make an address' })).toBeVisible()
  })
})
