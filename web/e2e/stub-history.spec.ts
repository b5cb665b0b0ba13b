import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { signIn, test } from './signed-in'

test.beforeEach(({ page }) => signIn(page))

const card = (page: Page, name: string) =>
  page.locator('section', { has: page.getByRole('heading', { name, exact: true }) })

test.describe('a balance over time', () => {
  test('has ranges, ends in the total above it, and is walked by key', async ({ page }) => {
    const line = card(page, 'Balance over time')
    const total = await card(page, 'Total balance').locator('.amount').first().textContent()
    const walk = line.getByRole('slider', { name: 'Walk along the line' })
    await expect(line.locator('p .amount')).toHaveText(String(total))
    await expect(walk).toHaveAttribute('aria-valuetext', new RegExp(`, ${total}, .* since `))
    await walk.focus()
    await page.keyboard.press('ArrowLeft')
    const before = Number(await walk.inputValue())
    await page.keyboard.press('PageDown')
    await expect(walk).toHaveValue(String(before - 30))
    await page.keyboard.press('PageUp')
    await expect(walk).toHaveValue(String(before))
    await line.getByRole('button', { name: '1 M, One month' }).click()
    await expect(page).toHaveURL('/?range=1m')
    await expect(line.getByRole('button', { name: '1 M, One month' })).toHaveAttribute('aria-pressed', 'true')
    await expect.poll(async () => Number(await walk.getAttribute('max'))).toBeLessThan(32)
    await page.reload()
    await expect.poll(async () => Number(await walk.getAttribute('max'))).toBeLessThan(32)
    await line.getByRole('button', { name: 'All', exact: true }).click()
    // 790 days are told by the ends of their months.
    await expect.poll(async () => Number(await walk.getAttribute('max'))).toBeLessThan(28)
    const last = Number(await walk.inputValue())
    await walk.focus()
    await page.keyboard.press('PageDown')
    await expect(walk).toHaveValue(String(last - 12))
    await expectNoAxeViolation(page, 'a balance over time')
  })

  test('has a table that says the same, in each currency', async ({ page }) => {
    const line = card(page, 'Balance over time')
    await line.getByRole('button', { name: '3 M, Three months' }).click()
    await expect(page).toHaveURL('/?range=3m')
    const shown = await line.locator('p .amount').textContent()
    await line.getByRole('button', { name: 'Show as table' }).click()
    const table = line.getByRole('table')
    await expect(table.getByRole('row').nth(1)).toContainText(String(shown))
    await expectNoAxeViolation(page, 'a balance as a table')
    await line.getByLabel('Currency').selectOption('SEK')
    await expect(table.getByRole('row').nth(1)).toContainText('SEK')
    await line.getByRole('button', { name: 'Show as chart' }).click()
    await expect(line.locator('p .amount')).toContainText('SEK')
  })

  test('of an account meets its booked balance, and its statement', async ({ page }) => {
    await page.goto('/accounts/c-op-everyday?range=1y')
    const line = card(page, 'Balance over time')
    await expect(line.locator('p .amount')).toHaveText('€3,182.45')
    await line.getByRole('button', { name: 'Show as table' }).click()
    // The end of the last whole month.
    const now = new Date()
    const last = new Date(Date.UTC(now.getFullYear(), now.getMonth(), 0, 12))
    const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' }).format(
      last,
    )
    const row = line.getByRole('row', { name: new RegExp(`^${day} `) })
    const balance = String(await row.getByRole('cell').textContent())
    expect(balance).toMatch(/€\d/)
    await page.goto(`/statement?account=c-op-everyday&month=${last.toISOString().slice(0, 7)}`)
    await settled(page)
    await expect(page.locator('main')).toContainText(balance)
  })

  test('says why there is none, and fits a phone', async ({ page }) => {
    await page.goto('/accounts/c-op-card')
    await settled(page)
    await page.setViewportSize({ width: 320, height: 700 })
    await page.goto('/')
    await expect(card(page, 'Balance over time').getByRole('slider')).toBeVisible()
    await expectNoSidewaysScroll(page, 'a balance over time at 320 px')
  })
})

test.describe('hidden amounts', () => {
  test('one is looked at while Alt is held, and no other', async ({ page }) => {
    const total = card(page, 'Total balance').locator('.amount').first()
    const digits = page.locator('main').getByText(/€\d/)
    await expect(total).toHaveText(/^€\d/)
    const known = await total.textContent()
    await page.keyboard.press('Control+Shift+P')
    await expect(digits).toHaveCount(0)
    await total.hover()
    await expect(digits).toHaveCount(0)
    await page.keyboard.down('Alt')
    await expect(total).toHaveText(String(known))
    await expect(digits).toHaveCount(1)
    await page.getByRole('heading', { level: 1 }).hover()
    await expect(digits).toHaveCount(0)
    await total.hover()
    await expect(digits).toHaveCount(1)
    await page.keyboard.up('Alt')
    await expect(digits).toHaveCount(0)
  })

  test('the row with the focus is looked at by keys alone', async ({ page }) => {
    await expect(page.getByRole('button', { name: 'Hide amounts' })).toBeVisible()
    await page.keyboard.press('Control+Shift+P')
    await expect(page.locator('html')).toHaveAttribute('data-private', 'on')
    await page.goto('/transactions')
    await settled(page)
    const grid = page.getByRole('grid')
    await grid.focus()
    await page.keyboard.press('j')
    const digits = grid.getByText(/€\d/)
    await expect(digits).toHaveCount(0)
    await page.keyboard.down('Alt')
    await expect(digits).toHaveCount(1)
    await page.keyboard.up('Alt')
    await expect(digits).toHaveCount(0)
  })
})

test('whom one looks for is hidden with the names, and stays searchable', async ({ page }) => {
  await page.goto('/transactions?q=spotify')
  await settled(page)
  const field = page.getByRole('searchbox')
  await expect(field).toHaveValue('spotify')
  const count = await page.locator('[data-count]').getAttribute('data-count')
  await page.goto('/settings')
  await page.getByLabel('Hide names').check()
  await page.goto('/transactions?q=spotify')
  await settled(page)
  await expect(field).toHaveValue('••••••')
  expect((await page.locator('main').innerHTML()).toLowerCase()).not.toContain('spotify')
  await expect(page.locator('[data-count]')).toHaveAttribute('data-count', String(count))
  await field.focus()
  await expect(field).toHaveValue('spotify')
  // What is typed is written in dots, as a password is.
  expect(
    await field.evaluate((input) => getComputedStyle(input).getPropertyValue('-webkit-text-security')),
  ).toBe('disc')
  await field.fill('>50')
  await page.getByRole('heading', { level: 1 }).click()
  await expect(field).toHaveValue('>50')
})

test.describe('the proof of a transaction', () => {
  test('is worked out in this browser, and can be taken along', async ({ page }) => {
    await page.goto('/transactions?tx=c-op-everyday-told')
    const proof = page.getByRole('dialog').locator('[data-proof]').last()
    await expect(proof).toHaveAttribute('data-proof', 'checked')
    await proof.locator('summary').click()
    await expect(
      proof.getByText(/is one of the first 6,000 events of the log stub\.example\/log/),
    ).toBeVisible()
    await expectNoAxeViolation(page, 'a proof that was checked')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      proof.getByRole('button', { name: 'Save the proof as a file' }).click(),
    ])
    expect(file.suggestedFilename()).toMatch(/^event-\d+\.tlog-proof$/)
  })

  test('is pending until the log is signed, and then checked by itself', async ({ page }) => {
    let signed = false
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch()
      const body = await response.json()
      if (body.data?.inclusionProof && !signed) body.data.inclusionProof = null
      await route.fulfill({ response, json: body })
    })
    await page.goto('/transactions?tx=c-op-everyday-told')
    const proof = page.getByRole('dialog').locator('[data-proof]').last()
    await expect(proof).toHaveAttribute('data-proof', 'pending')
    await expect(proof.getByText('Proof pending')).toBeVisible()
    signed = true
    await expect(proof).toHaveAttribute('data-proof', 'checked', { timeout: 20_000 })
  })

  test('that does not hold is said in red words', async ({ page }) => {
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch()
      const body = await response.json()
      const found = body.data?.inclusionProof
      if (found) found.record = Buffer.from('{"position":1,"amount":"another"}').toString('base64')
      await route.fulfill({ response, json: body })
    })
    await page.goto('/transactions?tx=c-op-everyday-told')
    const proof = page.getByRole('dialog').locator('[data-proof]').last()
    await expect(proof).toHaveAttribute('data-proof', 'failed')
    await proof.locator('summary').click()
    await expect(proof.getByText(/Do not rely on this row/)).toBeVisible()
  })
})

test.describe('taking everything along', () => {
  test('a table of all rows, and one file of all there is, asked first', async ({ page }) => {
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Save: All transactions as a table' }).click()
    const table = page.getByRole('dialog', { name: 'Save as CSV' })
    const [rows] = await Promise.all([
      page.waitForEvent('download'),
      table.getByRole('button', { name: 'Save', exact: true }).click(),
    ])
    expect(readFileSync(await rows.path(), 'utf8').split('\r\n').length).toBeGreaterThan(500)
    await page.getByRole('button', { name: 'Save: Everything, as the ledger holds it' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Save everything as a file?' })
    await expectNoAxeViolation(page, 'saving everything')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save', exact: true }).click(),
    ])
    await expect(dialog).toHaveCount(0)
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\n')
    expect(JSON.parse(String(lines.at(-1)))).toEqual({ whole: true, events: lines.length - 2 })
  })

  test('a file that broke off is not saved', async ({ page }) => {
    await page.route('**/export', (route) =>
      route.fulfill({ body: '{"what":"everything"}\n{"position":1}\n' }),
    )
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Save: Everything, as the ledger holds it' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(
      dialog.getByText('The file broke off before its end, so it was not saved. Try again.'),
    ).toBeVisible()
  })
})

test.describe('versions of rules', () => {
  test('say who, when and what changed, and are the way back', async ({ page }) => {
    await page.goto('/rules')
    const versions = card(page, 'Versions of your rules')
    const items = versions.getByRole('listitem')
    await expect(items).toHaveCount(3)
    await expect(items.nth(0)).toContainText('Version 3')
    await expect(items.nth(0)).toContainText('Counts now')
    await expect(items.nth(0)).toContainText('New: Dinner out · Gone: Coffee')
    await expect(items.nth(0)).toContainText('31 rows changed category')
    await expect(items.nth(2)).toContainText('the past was left as it was')
    await expectNoAxeViolation(page, 'versions of rules')
    await items.nth(1).getByRole('button', { name: 'Go back to version 2' }).click()
    const preview = page.getByRole('region', { name: 'What this would change' })
    await expect(preview).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Coffee' })).toBeVisible()
    await preview.getByRole('button', { name: 'Adopt' }).click()
    await expect(items).toHaveCount(4)
    await expect(items.nth(0)).toContainText('Version 4')
    await expect(items.nth(0)).toContainText('New: Coffee · Gone: Dinner out')
    await expect(items.nth(0)).toContainText('Counts now')
  })

  test('the own model says on what it rests and how sure it is', async ({ page }) => {
    await page.goto('/rules')
    const model = card(page, 'Your own model')
    await expect(model).toContainText('It rests on 148 corrections of yours about 61 payees')
    await expect(model).toContainText('431 of 463 that no rule decides')
    await expect(model).toContainText('72 of your newest 100 corrections')
    await page.getByRole('button', { name: 'Hide amounts' }).click()
    await expect(model).toContainText('93%')
  })
})

test('rows stand closer together where that is wished for', async ({ page }) => {
  const heights = () =>
    page
      .locator('[role=row][data-active], [role=row][aria-selected]')
      .evaluateAll((rows) => [...new Set(rows.map((row) => row.getBoundingClientRect().height))])
  await page.goto('/transactions')
  await expect(page.getByRole('grid')).toBeVisible()
  await expect.poll(heights).toEqual([44])
  await page.goto('/settings')
  await page.getByLabel('Closer rows').check()
  await page.goto('/transactions')
  await expect(page.getByRole('grid')).toBeVisible()
  await expect.poll(heights).toEqual([36])
  await page.getByRole('grid').focus()
  await page.keyboard.press('End')
  await expect(page.locator('[role=row][data-active]')).toContainText('€')
  await expectNoAxeViolation(page, 'closer rows')
})
