import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import { signIn, test } from './signed-in'

async function toBanks(page: Page, email = 'aino@example.com') {
  await signIn(page, email, '/connect')
}

const bank = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('each bank says what it can do and how it answers', async ({ page }) => {
  await toBanks(page)
  await expect(bank(page, 'OP Financial Group')).toHaveAccessibleDescription(
    /Finland · OKOYFIHH.*Accounts · cards · 2 years back · shared for up to 180 days · cannot move money.*Answers reliably.*within 0.24 s.*Last answer .* ago/,
  )
  await expect(bank(page, 'Nordea')).toHaveAccessibleDescription(
    /Answers mostly: 3% of calls failed.*references change, some transactions are shown twice/,
  )
  await expect(bank(page, 'S-Pankki')).toHaveAccessibleDescription(/Fails often now: 65% of calls/)
  await expect(bank(page, 'Handelsbanken')).toHaveAccessibleDescription(/Not asked in the last seven days/)
  await expect(bank(page, 'OP via Enable Banking')).toHaveAccessibleDescription(
    /Enable Banking stands between the bank and you/,
  )
  await expect(bank(page, 'Danske Bank')).toBeDisabled()
  await expectNoAxeViolation(page, 'bank picker')
})

test('search and country narrow the list, and one press shows all again', async ({ page }) => {
  await toBanks(page)
  const list = page
    .getByRole('main')
    .getByRole('button')
    .filter({ hasText: /^(OP|Nordea|S-P|Hand|Dan|Akt)/ })
  await expect(list).toHaveCount(7)
  await page.getByLabel('Country').selectOption({ label: 'Sweden' })
  await expect(list).toHaveText(['Handelsbanken'])
  await page.getByLabel('Search banks').fill('okoy')
  await expect(page.getByRole('status').filter({ hasText: 'No bank here fits that.' })).toBeVisible()
  await expectNoAxeViolation(page, 'no bank fits')
  await page.getByRole('button', { name: 'Show all banks' }).click()
  await expect(list).toHaveCount(7)
  await page.getByLabel('Search banks').fill('OKOY')
  await expect(list).toHaveText(['OP Financial Group', 'OP via Enable Banking'])
})

test('the keyboard alone chooses a bank and passes over what cannot be chosen', async ({ page }) => {
  await toBanks(page)
  const search = page.getByLabel('Search banks')
  await search.focus()
  await page.keyboard.press('ArrowDown')
  await expect(bank(page, 'OP Financial Group')).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(search).toBeFocused()
  for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowDown')
  await expect(bank(page, 'OP via Enable Banking')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(bank(page, 'OP via Enable Banking')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'What OP via Enable Banking will share' })).toBeVisible()
})

test('a list that cannot be read says so and can be tried again', async ({ page, complaints }) => {
  await toBanks(page, 'broken@example.com')
  await expect(page.getByRole('alert')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible()
  complaints.length = 0
})

test('it fits a phone, in the dark and in every language', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await toBanks(page)
  await expect(bank(page, 'Nordea')).toBeVisible()
  await settled(page)
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  expect(wider).toBe(false)
  await expectNoAxeViolation(page, 'bank picker on a phone')
})

test('a connection that rests goes on by a word here, without the bank', async ({ page }) => {
  await signIn(page, 'kate@example.co.uk')
  await expect(page.getByText('Sharing from Handelsbanken rests until you say')).toBeVisible()
  await expect(
    page.getByText('May sharing from OP Financial Group go on? Say so within 6 days.'),
  ).toBeVisible()
  await expectNoAxeViolation(page, 'overview with a resting connection')
  await page.getByRole('button', { name: 'Go on sharing from OP Financial Group' }).click()
  await expect(page.getByText('May sharing from OP Financial Group go on?')).toHaveCount(0)
  await page.getByRole('link', { name: /Sharing from Handelsbanken rests/ }).click()
  await expect(page.getByText('You need not go to the bank.')).toBeVisible()
  await expectNoAxeViolation(page, 'resting connection')
  await page.getByRole('button', { name: 'Go on sharing from Handelsbanken' }).click()
  await expect(page.getByText('Confirm here by')).toBeVisible()
  await expect(page.getByText('You need not go to the bank.')).toHaveCount(0)
})
