import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import { signIn, test } from './signed-in'

test.beforeEach(({ page }) => signIn(page))

const part = (page: Page, name: string) =>
  page.locator('section', { has: page.getByRole('heading', { name, exact: true }) })

test.describe('what recurs', () => {
  test('says what changed, what it costs in a year, and what it rests on', async ({ page }) => {
    await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible()
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await expect(page.getByRole('heading', { name: 'Recurring', level: 1 })).toBeVisible()
    const changes = part(page, 'What changed')
    await expect(changes.getByText(/^Spotify costs €2\.00 more since /)).toBeVisible()
    await expect(changes.getByText('Kuntokeskus Liikku is new and comes every month')).toBeVisible()
    await expect(changes.getByText(/^HelloFresh did not come when expected/)).toBeVisible()
    const out = part(page, 'Going out')
    // What moves between own accounts is told apart, and in no sum.
    await expect(part(page, 'Moved between your own accounts').getByRole('row')).toHaveCount(2)
    await expect(out.getByRole('row', { name: /Aino Virtanen/ })).toHaveCount(0)
    await expect(page.getByText('€14,221.88')).toBeVisible()
    await expect(out.getByRole('row', { name: /Helen Oy/ })).toContainText('about −€74.00')
    await expect(out.getByRole('row', { name: /If Vahinkovakuutus/ })).toContainText('every year')
    await page.getByLabel('Sort by').selectOption('cost')
    await expect(page).toHaveURL(/sort=cost/)
    await expect(out.getByRole('row').nth(1)).toContainText('Asunto Oy Linnankoski')
    await out.getByRole('button', { name: /Spotify/ }).click()
    await expect(out.getByText('It came 31 times. The last 24 of 31.')).toBeVisible()
    await expectNoAxeViolation(page, 'a stream with its transactions')
    await out.getByRole('link').first().click()
    await expect(page.getByRole('dialog').locator('dl')).toBeVisible()
  })

  test('is a calendar too, with a table that says the same', async ({ page }) => {
    await page.goto('/recurring')
    await page.getByRole('button', { name: 'Calendar', exact: true }).click()
    await expect(page).toHaveURL('/recurring?view=calendar')
    await settled(page)
    await page.keyboard.press(']')
    await expect(page).toHaveURL(/month=/)
    await expect(page.getByRole('cell', { name: /Spotify, expected/ })).toHaveCount(1)
    await page.getByRole('button', { name: 'Show as table' }).click()
    await expect(page.getByRole('row', { name: /Spotify expected/ })).toContainText('−€12.99')
    await page.keyboard.press('[')
    await expect(page).toHaveURL('/recurring?view=calendar')
  })

  test('can be looked at as it was known', async ({ page }) => {
    await page.goto('/recurring')
    await settled(page)
    await page.getByRole('textbox', { name: 'As it was known on' }).fill('2026-03-14')
    await expect(page).toHaveURL('/recurring?asOf=2026-03-14')
    await expect(page.getByRole('note')).toContainText('at the end of 14 Mar 2026')
    await page.getByRole('button', { name: 'Back to now' }).click()
    await expect(page).toHaveURL('/recurring')
    await expect(page.getByRole('note')).toHaveCount(0)
  })
})

test.describe('the forecast', () => {
  test('names its lowest point, is walked by key, and has a table that says the same', async ({ page }) => {
    await page.goto('/forecast')
    await settled(page)
    await expect(page.getByText('the low end of the band')).toBeVisible()
    const walk = page.getByRole('slider', { name: 'Day in the chart' })
    const lowest = await walk.inputValue()
    await walk.focus()
    await page.keyboard.press('Home')
    await expect(walk).toHaveValue('0')
    await page.keyboard.press('ArrowRight')
    await expect(walk).toHaveAttribute('aria-valuetext', /Expected €.* between €.* and €/)
    expect(lowest).not.toBe('0')
    await page.getByRole('button', { name: 'Show as table' }).click()
    await expect(page.getByRole('table', { name: 'The forecast, day by day' }).getByRole('row')).toHaveCount(
      91,
    )
    await expectNoAxeViolation(page, 'the forecast as a table')
  })

  test('tries amounts without saving them', async ({ page }) => {
    await page.goto('/forecast')
    const form = part(page, 'What if')
    await form.getByRole('button', { name: 'Try it' }).click()
    await expect(form.getByText('Say what it is.')).toBeVisible()
    await expect(form.getByLabel('What', { exact: true })).toBeFocused()
    await expectNoAxeViolation(page, 'an amount that lacks something')
    await form.getByLabel('What', { exact: true }).fill('Holiday')
    await form.getByLabel('Amount (EUR)').fill('1500,50')
    await form.getByRole('button', { name: 'Try it' }).click()
    await expect(form.getByRole('listitem').filter({ hasText: 'Holiday' })).toContainText('−€1,500.50')
    await expect(page.getByText(/^Without what you try: €/)).toBeVisible()
    await expect(page.getByText('The balance may fall below zero.')).toBeVisible()
    await expect(part(page, 'What is assumed').getByRole('row', { name: /Holiday supposed/ })).toBeVisible()
    await page.getByRole('button', { name: /^Show all \d+$/ }).click()
    await expect(page.getByRole('button', { name: /^Show all / })).toHaveCount(0)
    expect(page.url()).toMatch(/\/forecast$/)
    await form.getByRole('button', { name: 'Take out: Holiday' }).click()
    await expect(page.getByText(/^Without what you try/)).toHaveCount(0)
  })

  test('is kept, and earlier ones are scored', async ({ page }) => {
    await page.goto('/forecast')
    const scores = part(page, 'How earlier forecasts came true')
    await expect(scores.getByRole('row', { name: /7 of 8/ })).toContainText('€204.75')
    await scores.getByRole('button', { name: 'Keep today’s forecast' }).click()
    await expect(scores.getByText('no day has come yet')).toBeVisible()
    await expect(scores.getByRole('button', { name: 'Today’s forecast is kept.' })).toBeDisabled()
  })
})

test.describe('budgets', () => {
  test('are set, changed and removed', async ({ page }) => {
    await page.goto('/budgets')
    await expect(page.getByRole('heading', { level: 2 })).toHaveCount(3)
    await page.getByRole('button', { name: 'New budget' }).click()
    await expect(page.getByLabel('Category')).toBeFocused()
    const form = page.getByRole('form')
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form.getByText('Choose a category.')).toBeVisible()
    await expectNoAxeViolation(page, 'a budget that lacks something')
    await form.getByLabel('Category').selectOption({ label: 'Health' })
    await form.getByLabel('At most in a month (EUR)').fill('99999,50')
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form).toHaveCount(0)
    const health = part(page, 'Health')
    await expect(health.getByText(/ of €99,999\.50$/)).toBeVisible()
    await expect(health.getByText(/ left$/)).toBeVisible()
    await health.getByRole('button', { name: 'Change the budget for Health' }).click()
    await form.getByLabel('At most in a month (EUR)').fill('0.01')
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(health.getByText(/ over$/)).toBeVisible()
    await page.getByRole('button', { name: 'Show as table' }).click()
    await expect(page.getByRole('row', { name: /^Health/ })).toContainText('€0.01')
    await page.getByRole('button', { name: 'Show as chart' }).click()
    await health.getByRole('button', { name: 'Change the budget for Health' }).click()
    await form.getByRole('button', { name: 'Remove this budget' }).click()
    await expect(health).toHaveCount(0)
  })
})

test.describe('notices', () => {
  test('name what they rest on, are muted and come back', async ({ page }) => {
    await expect(part(page, 'Notices').getByText(/^Verkkokauppa\.com Oyj took €129\.00 twice/)).toBeVisible()
    await page.goto('/notices')
    const double = page.getByRole('article').filter({ hasText: 'Perhaps charged twice' })
    await double.getByText('The 2 transactions it rests on').click()
    await expect(double.getByRole('link', { name: /Verkkokauppa/ })).toHaveCount(2)
    await expectNoAxeViolation(page, 'a notice with its transactions')
    await double.getByRole('button', { name: /^Mute: / }).click()
    await expect(double).toHaveCount(0)
    await page.getByLabel('Show muted ones too').check()
    await double.getByRole('button', { name: /^Show again: / }).click()
    await expect(double.getByText('Muted')).toHaveCount(0)
    await page.getByRole('link', { name: 'See the forecast' }).click()
    await expect(page.getByRole('heading', { name: 'Forecast', level: 1 })).toBeVisible()
  })
})

test.describe('rules', () => {
  test('are written with a look at the past, ordered, and adopted', async ({ page }) => {
    await page.goto('/rules')
    const rules = page.getByRole('main').getByRole('list').first()
    await expect(rules.getByRole('heading', { level: 3 })).toHaveText(['Swimming', 'Dinner out'])
    await expect(page.getByText(/^Version 3, adopted /)).toBeVisible()
    await page.getByRole('button', { name: 'New rule' }).click()
    await expect(page.getByLabel('Name of the rule')).toBeFocused()
    await page.getByRole('button', { name: 'Done' }).click()
    await expect(page.getByText('Give the rule a name.')).toBeVisible()
    await expect(page.getByText('Write the words to look for.')).toBeVisible()
    await expectNoAxeViolation(page, 'a rule that lacks something')
    await page.getByLabel('Name of the rule').fill('Coffee')
    await page.getByLabel('The text or payee contains').fill('fazer')
    await page.getByRole('button', { name: 'Add a condition' }).click()
    await page.getByLabel('Condition 2', { exact: true }).selectOption({ label: 'The amount is' })
    await page.getByLabel('to', { exact: true }).fill('1000')
    await page.getByLabel('the category is').selectOption({ label: 'Groceries' })
    const preview = page.locator('section', {
      has: page.getByRole('heading', { name: 'What this would change' }),
    })
    await expect(preview.getByText(/^This changes \d+ rows? of [\d,]+$/)).toBeVisible()
    await expect(preview.getByRole('row', { name: /Eating out Groceries/ })).toBeVisible()
    await expect(preview.getByText(/Your rule “Coffee”/).first()).toBeVisible()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Move up: Coffee' }).click()
    await expect(rules.getByRole('heading', { level: 3 })).toHaveText(['Swimming', 'Coffee', 'Dinner out'])
    await expect(page.getByRole('button', { name: 'Move up: Coffee' })).toBeFocused()
    await expectNoAxeViolation(page, 'rules with a preview')
    await page.getByRole('button', { name: 'Adopt', exact: true }).click()
    await expect(preview).toHaveCount(0)
    await expect(page.getByText(/^Version 4, adopted /)).toBeVisible()
    await page.reload()
    await expect(rules.getByRole('heading', { level: 3 })).toHaveText(['Swimming', 'Coffee', 'Dinner out'])
  })

  test('that are not adopted yet are still there after a look at another page', async ({ page }) => {
    await page.goto('/rules')
    const rules = page.getByRole('main').getByRole('list').first()
    await page.getByRole('button', { name: 'Remove: Swimming' }).click()
    await expect(rules.getByRole('heading', { level: 3 })).toHaveText(['Dinner out'])
    await page.getByRole('link', { name: 'Budgets', exact: true }).first().click()
    await expect(page.getByRole('heading', { name: 'Budgets', level: 1 })).toBeVisible()
    await page.goBack()
    await expect(rules.getByRole('heading', { level: 3 })).toHaveText(['Dinner out'])
    await expect(page.getByRole('heading', { name: 'What this would change' })).toBeVisible()
    await page.getByRole('button', { name: 'Discard changes' }).click()
    await expect(rules.getByRole('heading', { level: 3 })).toHaveText(['Swimming', 'Dinner out'])
  })

  test('are not adopted over what was changed elsewhere', async ({ page, context }) => {
    await page.goto('/rules')
    await page.getByRole('button', { name: 'Remove: Swimming' }).click()
    const other = await context.newPage()
    await other.goto('/rules')
    await other.getByRole('button', { name: 'Remove: Dinner out' }).click()
    await other.getByRole('button', { name: 'Adopt', exact: true }).click()
    await expect(other.getByText(/^Version 4, adopted/)).toBeVisible()
    await page.getByRole('button', { name: 'Adopt', exact: true }).click()
    await expect(page.getByRole('alert').getByText(/^This was changed elsewhere/)).toBeVisible()
    await page.getByRole('button', { name: 'Discard changes' }).click()
    await expect(page.getByRole('heading', { name: 'Swimming' })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Dinner out' })).toHaveCount(0)
  })

  test('a payee is named once and for all', async ({ page }) => {
    await page.goto('/rules')
    const asked = part(page, 'Nobody is sure of these')
    await expect(asked.getByText(/perhaps Electronics, 41% sure/)).toBeVisible()
    await asked.getByRole('button', { name: 'Always for this payee: Verkkokauppa.com Oyj' }).click()
    await expect(asked.getByText('Verkkokauppa.com Oyj')).toHaveCount(0)
    await part(page, 'Read the past anew').getByRole('button', { name: 'Show the difference' }).click()
    await expect(page.getByText(/^This changes \d+ rows? of /)).toBeVisible()
    await expectNoAxeViolation(page, 'the difference before the past is read anew')
  })

  test('one press makes a choice that of the payee, and takes it back', async ({ page }) => {
    await page.goto('/transactions?tx=c-op-everyday-told')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Category').selectOption({ label: 'Health' })
    await expect(
      dialog.getByText(/^From now on this payee is Health\. [\d,]+ past rows? changes?\.$/),
    ).toBeVisible()
    await dialog.getByRole('button', { name: 'Always for this payee' }).click()
    await expect(dialog.getByText('This payee is now always Health.')).toBeVisible()
    await expectNoAxeViolation(page, 'a payee that was named')
    await dialog.getByRole('button', { name: 'Take it back' }).click()
    await expect(dialog.getByRole('button', { name: 'Always for this payee' })).toBeVisible()
  })
})

test.describe('spending', () => {
  test('goes into a category, and is compared with another time', async ({ page }) => {
    await page.goto('/spending')
    await settled(page)
    await expect(page.getByRole('columnheader', { name: /^Compared with / })).toBeVisible()
    await page.getByLabel('Compare with').selectOption('mean')
    await expect(page).toHaveURL(/with=mean/)
    await expect(page.getByText(/(more|less) than the mean of the three months before$/)).toBeVisible()
    await page.getByRole('link', { name: 'Groceries' }).click()
    await expect(page.getByRole('heading', { name: 'Groceries: to whom' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Back to all categories' })).toBeFocused()
    await expect(page.getByRole('row', { name: /Lidl|S-market|Citymarket/ }).first()).toBeVisible()
    await page.getByRole('button', { name: 'Back to all categories' }).click()
    await page.getByLabel('Compare with').selectOption('year')
    await expect(page.getByText(/ (more|less) than in /)).toBeVisible()
    await page.getByRole('link', { name: 'Groceries' }).click()
    await page.getByRole('link', { name: 'See the transactions' }).click()
    await expect(page).toHaveURL(/\/transactions\?.*category=groceries/)
  })
})

test('spending can be looked at as it was known, and says so', async ({ page }) => {
  await page.goto('/spending')
  await settled(page)
  const asked = page.waitForRequest((request) => request.postData()?.includes('"asOf":{"instant"') ?? false)
  await page.getByRole('textbox', { name: 'As it was known on' }).fill('2026-03-14')
  await asked
  await expect(page).toHaveURL(/\/spending\?.*asOf=2026-03-14/)
  await expect(page.getByRole('note')).toContainText('at the end of 14 Mar 2026')
  await expectNoAxeViolation(page, 'spending as it was known')
  await page.getByRole('button', { name: 'Back to now' }).click()
  await expect(page.getByRole('note')).toHaveCount(0)
})

test.describe('cash flow', () => {
  test('by month and from pay-day, with the savings rate and a table', async ({ page }) => {
    await page.goto('/cash-flow')
    await settled(page)
    await expect(page.getByText(/^Savings rate over \d+ whole periods$/)).toBeVisible()
    const walk = page.getByRole('slider', { name: 'Period' })
    await walk.focus()
    await page.keyboard.press('Home')
    await expect(walk).toHaveAttribute('aria-valuetext', /Income €.*, Spent €.*, Left .*% of income/)
    await page.getByRole('button', { name: 'Show as table' }).first().click()
    await expect(page.getByRole('table', { name: /^Income and spending over 12 periods/ })).toBeVisible()
    await expectNoAxeViolation(page, 'cash flow as a table')
    await page.getByRole('button', { name: 'From pay-day to pay-day' }).click()
    await expect(page).toHaveURL('/cash-flow?by=pay-day')
    await expect(page.getByRole('rowheader', { name: /^15 .* – 14 / }).first()).toBeVisible()
  })

  test('shows net worth over time, and what is left out with its reasons', async ({ page }) => {
    await page.goto('/cash-flow')
    const worth = part(page, 'Net worth')
    const walk = worth.getByRole('slider', { name: 'Month in the chart' })
    await walk.focus()
    await page.keyboard.press('ArrowLeft')
    await expect(walk).toHaveAttribute('aria-valuetext', /€.* since /)
    await worth.getByRole('button', { name: 'Show as table' }).click()
    await expect(worth.getByRole('row')).toHaveCount(25)
    const own = part(page, 'Left out: moved between your own accounts')
    await expect(own.getByText('same amount, names the other account, within days')).toBeVisible()
  })

  test('a refund is confirmed, refused and wanted again, from the keyboard too', async ({ page }) => {
    await page.goto('/cash-flow')
    await settled(page)
    const refunds = part(page, 'Refunds')
    await expect(refunds.getByText('same payee, a part of it')).toBeVisible()
    await refunds.getByRole('button', { name: /^It is a refund: / }).press('Enter')
    await expect(refunds.getByText('you said so')).toBeVisible()
    await expect(refunds.getByRole('button', { name: /^It is a refund: / })).toHaveCount(0)
    await refunds.getByRole('button', { name: /^Not a refund: / }).press('Enter')
    await expect(refunds.getByText(/: not taken for a refund\.$/)).toBeVisible()
    const undo = refunds.getByRole('button', { name: /^Undo: / })
    await expect(undo).toBeFocused()
    await expectNoAxeViolation(page, 'a refused refund')
    await undo.press('Enter')
    await expect(refunds.getByText('same payee, a part of it')).toBeVisible()
  })
})

test('hidden names leave every page of insights', async ({ page }) => {
  await page.addInitScript(() => {
    const hidden = {
      language: 'en',
      theme: 'light',
      amountsHidden: false,
      namesHidden: true,
      singleKeys: true,
    }
    localStorage.setItem('opl.preferences', JSON.stringify(hidden))
  })
  const pages = [
    '/',
    '/recurring',
    '/recurring?view=calendar',
    '/forecast',
    '/notices',
    '/rules',
    '/cash-flow',
    '/spending?category=groceries',
  ]
  for (const path of pages) {
    await page.goto(path)
    await settled(page)
    const names = /Spotify|Helen Oy|Linnankoski|HelloFresh|Verkkokauppa|Savoy|Kuntokeskus|Lidl|Citymarket/
    expect(await page.locator('main').innerHTML(), path).not.toMatch(names)
  }
})
