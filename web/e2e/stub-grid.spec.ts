import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { signIn, test } from './signed-in'

async function open(page: Page, path: string, email = 'aino@example.com') {
  await signIn(page, email, path)
  await expect(page.getByRole('grid')).toBeVisible()
}

const count = async (page: Page) => Number(await page.locator('[data-count]').getAttribute('data-count'))
const search = (page: Page) => page.getByLabel('Search transactions')

test.describe('searching', () => {
  test('understands amounts, categories, days and what to leave out, and keeps it in the address', async ({
    page,
  }) => {
    await open(page, '/transactions')
    const all = await count(page)
    await search(page).fill('cat:groceries >20')
    await expect(page).toHaveURL(/q=cat%3Agroceries\+%3E20/)
    await expect.poll(() => count(page)).toBeLessThan(all)
    const groceries = await count(page)
    expect(groceries).toBeGreaterThan(0)
    await search(page).fill('-cat:groceries')
    await expect.poll(() => count(page)).toBeGreaterThan(groceries)
    await page.reload()
    await expect(search(page)).toHaveValue('-cat:groceries')
    await expect(page.getByRole('grid')).toBeVisible()
  })

  test('says what it did not understand, and searches for the rest', async ({ page }) => {
    await open(page, '/transactions')
    await search(page).fill('>20 cat:nonsense 2026-13')
    await expect(page.getByText('“cat:nonsense” is left out: no category begins so.')).toBeVisible()
    await expect(page.getByText('“2026-13” is left out')).toBeVisible()
    await expect(search(page)).toHaveAttribute('aria-invalid', 'true')
    await expect(page.getByRole('grid')).toBeVisible()
    await expectNoAxeViolation(page, 'search with problems')
  })
})

test.describe('choosing several', () => {
  test('by keys, with a category for all of them, and back again', async ({ page }) => {
    await open(page, '/transactions')
    await page.getByRole('grid').focus()
    await page.keyboard.press('x')
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Shift+ArrowDown')
    await expect(page.locator('[role=row][aria-selected=true]')).toHaveCount(3)
    await expect(page.getByText('3 chosen', { exact: true }).first()).toBeVisible()
    await expectNoAxeViolation(page, 'three chosen rows')
    await page.keyboard.press('c')
    const dialog = page.getByRole('dialog', { name: 'Category of 3 transactions' })
    await dialog.getByLabel('Category').selectOption('Pets')
    await expectNoAxeViolation(page, 'category of several')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('3 transactions changed.').first()).toBeVisible()
    await expect(page.locator('[role=row]', { hasText: 'Pets' })).toHaveCount(3)
    await expect(page.getByRole('grid')).toBeFocused()
    await page.keyboard.press('Control+z')
    await expect(page.getByText('Everything is as it was.').first()).toBeVisible()
    await expect(page.locator('[role=row]', { hasText: 'Pets' })).toHaveCount(0)
  })

  test('by mouse with Shift, taken off the lists, found again and put back', async ({ page }) => {
    await open(page, '/transactions')
    const all = await count(page)
    const rows = page.locator('[role=row][aria-selected]')
    await rows.nth(1).locator('[data-choose]').click()
    await rows.nth(3).click({ modifiers: ['Shift'] })
    await expect(page.locator('[role=row][aria-selected=true]')).toHaveCount(3)
    await page.getByRole('button', { name: 'Take off lists' }).click()
    await expect.poll(() => count(page)).toBe(all - 3)
    await search(page).fill('is:hidden')
    await expect.poll(() => count(page)).toBe(3)
    await page.getByRole('grid').focus()
    await page.keyboard.press('Control+a')
    await page.getByRole('button', { name: 'Put back on lists' }).click()
    await expect(page.getByText('No transaction matches')).toBeVisible()
    await search(page).fill('')
    await expect.poll(() => count(page)).toBe(all)
  })

  test('on a phone by touch', async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true })
    const page = await context.newPage()
    await open(page, '/transactions')
    await page.getByRole('button', { name: 'Choose several' }).tap()
    const rows = page.locator('[role=row][aria-selected]')
    await rows.nth(0).tap()
    await rows.nth(2).tap()
    await expect(page.locator('[role=row][aria-selected=true]')).toHaveCount(2)
    await expectNoAxeViolation(page, 'choosing on a phone')
    await expectNoSidewaysScroll(page, 'choosing on a phone')
    await page.getByRole('button', { name: 'Note' }).tap()
    await page.getByRole('dialog').getByLabel('Note').fill('for the tax return')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).tap()
    await expect(page.getByText('2 transactions changed.').first()).toBeVisible()
    await context.close()
  })
})

test.describe('a long list', () => {
  for (const [email, atLeast] of [
    ['many@example.com', 100_000],
    ['million@example.com', 1_000_000],
  ] as const) {
    test(`of ${atLeast} rows jumps to any month and to both ends`, async ({ page }) => {
      await open(page, '/transactions', email)
      const grid = page.getByRole('grid')
      const rows = await count(page)
      expect(rows).toBeGreaterThanOrEqual(atLeast)
      const jump = page.getByLabel('Go to month')
      const months = await jump
        .locator('option')
        .evaluateAll((options) =>
          options.map((option) => (option as HTMLOptionElement).value).filter(Boolean),
        )
      const wanted = months[Math.floor(months.length * 0.8)] as string
      await jump.selectOption(wanted)
      await expect(grid).toBeFocused()
      await expect(jump).toHaveValue(wanted)
      const active = page.locator('[role=row][data-active]')
      await expect(active).toBeInViewport()
      await expect(active).not.toContainText('Loading')
      await page.keyboard.press('End')
      await expect(page.locator(`[aria-rowindex="${rows + months.length + 1}"]`)).toBeInViewport()
      await page.keyboard.press('ArrowUp')
      await expect(active).toBeInViewport()
      // The wheel goes on from there, a row at a time and not a hundred.
      await page.mouse.move(600, 500)
      const before = await firstSeen(page)
      await page.mouse.wheel(0, -440)
      await expect.poll(async () => before - (await firstSeen(page))).toBeGreaterThan(5)
      expect(before - (await firstSeen(page))).toBeLessThan(20)
      await page.keyboard.press('Home')
      await expect(page.locator('[aria-rowindex="3"]')).toBeInViewport()
      await settled(page)
    })
  }
})

/** The number of the first line below the bar. */
async function firstSeen(page: Page): Promise<number> {
  return page.evaluate(() => {
    const lines = [...document.querySelectorAll('[role=row][aria-rowindex]')]
    const seen = lines.filter((line) => line.getBoundingClientRect().bottom > 100)
    return Math.min(
      ...seen.map((line) => Number(line.getAttribute('aria-rowindex'))).filter((row) => row > 1),
    )
  })
}
