import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { signIn, test } from './signed-in'

/** What people complain of in other programs of this kind; docs/complaints.md says which and where. */
async function open(page: Page, path: string, email = 'aino@example.com') {
  await signIn(page, email, path)
  await expect(page.getByRole('button', { name: 'Open the palette' })).toBeVisible()
  await settled(page)
}

test('an edit asks again for the rows in sight, not for all that were ever loaded', async ({ page }) => {
  await open(page, '/transactions', 'many@example.com')
  const grid = page.getByRole('grid')
  await expect(grid).toBeVisible()
  let parts = 0
  page.on('response', async (response) => {
    const body = response.url().endsWith('/graphql') ? await response.json().catch(() => null) : null
    if (body?.data?.transactionsInMonth) parts += 1
  })
  const months = page.getByLabel('Go to month')
  for (let turn = 1; turn <= 12; turn += 1) {
    const before = parts
    await months.selectOption({ index: turn * 4 })
    await expect.poll(() => parts).toBeGreaterThan(before)
  }
  await grid.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('x')
  await expect(page.locator('[role=row][aria-selected=true]')).toHaveCount(1)
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Category').selectOption('Pets')
  const before = parts
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('1 transaction changed.').first()).toBeVisible()
  await expect(page.locator('[role=row]', { hasText: 'Pets' }).first()).toBeVisible()
  await settled(page)
  expect(parts - before).toBeLessThanOrEqual(3)
})

test('a tab that lives long holds no more than a young one', async ({ page, context }) => {
  test.setTimeout(180_000)
  await open(page, '/', 'many@example.com')
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable')
  const titles = {
    t: 'Transactions',
    s: 'Spending',
    r: 'Recurring',
    f: 'Forecast',
    c: 'Connections',
    o: 'Overview',
  }
  const round = async () => {
    for (const [letter, title] of Object.entries(titles)) {
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await expect(page.getByRole('heading', { name: title, level: 1 })).toBeVisible()
      await settled(page)
    }
  }
  const held = async () => {
    await session.send('HeapProfiler.collectGarbage')
    const { metrics } = await session.send('Performance.getMetrics')
    const of = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? 0
    return { nodes: of('Nodes'), listeners: of('JSEventListeners') }
  }
  await round()
  const young = await held()
  for (let turn = 0; turn < 4; turn += 1) await round()
  const old = await held()
  console.log(`after 1 round ${JSON.stringify(young)}, after 5 ${JSON.stringify(old)}`)
  expect(old.nodes).toBeLessThanOrEqual(young.nodes * 1.3)
  expect(old.listeners).toBeLessThanOrEqual(young.listeners * 1.3)
})

test('a long list is as short on a phone as it is on a desk', async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await open(page, '/transactions', 'many@example.com')
  await expect(page.getByRole('grid')).toBeVisible()
  expect(await page.locator('*').count()).toBeLessThan(900)
  expect(await page.getByRole('grid').locator('select, [role=menu], [role=listbox]').count()).toBe(0)
  await context.close()
})

test('the list of keys is searched', async ({ page }) => {
  await open(page, '/')
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keys' })
  const field = sheet.getByLabel('Find a key or what it does')
  await field.fill('categ')
  await expect(sheet.getByRole('row', { name: 'c Category of those chosen' })).toBeVisible()
  await expect(sheet.getByRole('table')).toHaveCount(1)
  await expectNoAxeViolation(page, 'keys that were searched')
  await field.fill('ctrl k')
  await expect(sheet.getByRole('row', { name: /Palette/ })).toBeVisible()
  await field.fill('teleport')
  await expect(sheet.getByText('No key does that.')).toBeVisible()
})

test('many consents are searched and sorted, one click from the first page', async ({ page }) => {
  await open(page, '/')
  await page.getByRole('link', { name: 'Connections', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Connections', level: 1 })).toBeVisible()
  await settled(page)
  const cards = page.locator('main li a')
  const all = await cards.count()
  expect(all).toBeGreaterThan(5)
  await page.getByLabel('Search banks and accounts').fill('stugan')
  await expect(cards).toHaveCount(1)
  await expect(cards.first()).toContainText('Handelsbanken')
  await expect(page.getByText('1 found')).toBeVisible()
  await page.getByLabel('Search banks and accounts').fill('nobody')
  await expect(page.getByText('No connection fits. Clear the search to see all.')).toBeVisible()
  await page.getByLabel('Search banks and accounts').fill('')
  await expect(cards).toHaveCount(all)
  await page.getByLabel('Order').selectOption('Ending soonest')
  await expect(cards.first()).toContainText('Nordea')
  await page.getByLabel('Order').selectOption('By bank')
  await expect(cards.first()).toContainText('Handelsbanken')
  await expectNoAxeViolation(page, 'sorted connections')
})

test('cash flow by quarter and by year adds its months up', async ({ page }) => {
  await open(page, '/cash-flow')
  await page.getByRole('button', { name: 'Years', exact: true }).click()
  await expect(page).toHaveURL('/cash-flow?by=year')
  await page.getByRole('button', { name: 'Show as table' }).first().click()
  const year = new Date().getFullYear()
  await expect(page.getByRole('rowheader', { name: `${year} (so far)` })).toBeVisible()
  await expect(page.getByRole('rowheader', { name: String(year - 1), exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Quarters', exact: true }).click()
  await expect(page).toHaveURL('/cash-flow?by=quarter')
  await expect(page.getByRole('rowheader', { name: `Q4 ${year - 1}` })).toBeVisible()
  await expectNoAxeViolation(page, 'cash flow by quarter')
  await page.setViewportSize({ width: 320, height: 700 })
  await expectNoSidewaysScroll(page, 'cash flow by quarter at 320 px')
})

test('what is too much to be looked at is said, with the day from which on all of it is', async ({
  page,
}) => {
  await open(page, '/cash-flow', 'million@example.com')
  const cut = page
    .getByRole('note')
    .filter({ hasText: /the newest 120,000\. Everything from .* on is counted/ })
  for (const path of ['/cash-flow', '/recurring', '/forecast', '/budgets', '/notices']) {
    await page.goto(path)
    await expect(cut, path).toBeVisible()
  }
  await expectNoAxeViolation(page, 'notices of the newest rows')
  await page.goto('/spending')
  await settled(page)
  await expect(cut).toHaveCount(0)
})
