import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import { signIn, test } from './signed-in'

// Fixed, so that which days may be chosen is known.
const now = new Date('2026-11-27T10:00:00+02:00')

async function open(page: Page, path: string, language = 'en') {
  await page.clock.setFixedTime(now)
  await page.addInitScript(
    (kept) => localStorage.setItem('opl.preferences', kept),
    JSON.stringify({ language, tourSeen: true }),
  )
  await signIn(page, 'aino@example.com', path)
  await settled(page)
}

test.describe('in a browser that speaks another language', () => {
  test.use({ locale: 'en-US' })

  test('a day is written, read and refused in the language of the page', async ({ page }) => {
    await open(page, '/recurring', 'fi')
    const field = page.getByRole('textbox', { name: 'Sellaisena kuin se tiedettiin' })
    await expect(field).toHaveAttribute('placeholder', 'pp.kk.vvvv')
    await field.fill('31.2.2026')
    await field.press('Enter')
    await expect(page.getByText('Kirjoita päivä, esimerkiksi 27.11.2026')).toBeVisible()
    await expect(field).toHaveAttribute('aria-invalid', 'true')
    await expect(page).toHaveURL('/recurring')
    await expectNoAxeViolation(page, 'a day that is none')
    await field.fill('28.11.2026')
    await field.press('Enter')
    await expect(page.getByText('Valitse päivä väliltä 1.1.2000–27.11.2026')).toBeVisible()
    await field.fill('14.3.')
    await field.press('Enter')
    await expect(page).toHaveURL('/recurring?asOf=2026-03-14')
    await expect(field).toHaveValue('14.3.2026')
    await field.fill('')
    await field.press('Enter')
    await expect(page).toHaveURL('/recurring')
  })
})

test('a day is chosen from the calendar by keys alone, and the focus comes back', async ({ page }) => {
  await open(page, '/forecast')
  const opener = page.getByRole('button', { name: 'As it was known on: open the calendar' })
  await opener.focus()
  await page.keyboard.press('Enter')
  const calendar = page.getByRole('dialog', { name: 'As it was known on: Calendar' })
  const day = (name: string) => calendar.getByRole('button', { name })
  await expect(day('Friday, 27 November 2026')).toBeFocused()
  await expect(day('Friday, 27 November 2026')).toHaveAttribute('aria-current', 'date')
  await expectNoAxeViolation(page, 'a calendar')
  // Tomorrow is not known yet.
  await page.keyboard.press('ArrowRight')
  await expect(day('Friday, 27 November 2026')).toBeFocused()
  await page.keyboard.press('Shift+PageUp')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Home')
  await expect(day('Monday, 17 November 2025')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(calendar).toHaveCount(0)
  await expect(opener).toBeFocused()
  await expect(page).toHaveURL('/forecast')
  await page.keyboard.press('Enter')
  await calendar.getByLabel('Year').selectOption('2025')
  await calendar.getByLabel('Month', { exact: true }).selectOption('March')
  await day('Friday, 14 March 2025').click()
  await expect(page).toHaveURL('/forecast?asOf=2025-03-14')
})

test('a day that begins with its year is not taken before its end', async ({ page }) => {
  await open(page, '/transactions', 'sv')
  await page.locator('main summary').first().click()
  const from = page.getByRole('textbox', { name: 'Från', exact: true })
  await expect(from).toBeEnabled()
  await from.pressSequentially('2026-10-15')
  await expect(from).toHaveValue('2026-10-15')
  await expect(page).toHaveURL(/from=2026-10-15/)
})

test('a filter takes a day that is typed, and keeps the former one while it is none', async ({ page }) => {
  await open(page, '/transactions')
  await page.getByText('Filters', { exact: true }).click()
  const from = page.getByRole('textbox', { name: 'From', exact: true })
  await from.fill('1/10')
  await from.press('Tab')
  await expect(page).toHaveURL(/from=2026-10-01/)
  await expect(from).toHaveValue('01/10/2026')
  await from.fill('1/1x')
  await from.press('Tab')
  await expect(page.getByText('Write a day, such as 27/11/2026.')).toBeVisible()
  await expect(page).toHaveURL(/from=2026-10-01/)
  await from.fill('')
  await from.press('Tab')
  await expect(page).not.toHaveURL(/from=/)
  await expect(page.getByText('Write a day, such as')).toHaveCount(0)
})
