import { expect, type Page, test } from '@playwright/test'
import { expectNoAxeViolation, settled, watchConsole } from './checks'

let complaints: string[] = []

test.beforeEach(async ({ page }) => {
  complaints = watchConsole(page)
  await page.goto('/sign-in')
  await page.getByLabel('Email').fill('aino@example.com')
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL('/')
})
test.afterEach(() => expect(complaints).toEqual([]))

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
    await page.getByRole('button', { name: 'Calendar' }).click()
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
    await page.getByLabel('As it was known on').fill('2026-03-14')
    await expect(page).toHaveURL('/recurring?asOf=2026-03-14')
    await expect(page.getByRole('note')).toContainText('at the end of 14 Mar 2026')
    await page.getByRole('button', { name: 'Back to now' }).click()
    await expect(page).toHaveURL('/recurring')
    await expect(page.getByRole('note')).toHaveCount(0)
  })
})
