import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { expected, signIn, test } from './signed-in'

async function open(page: Page, width: number, language = 'en', theme = 'light', who = 'aino') {
  await page.setViewportSize({ width, height: 900 })
  const stored = JSON.stringify({ theme, language, amountsHidden: false, singleKeys: true })
  await page.addInitScript((value) => localStorage.setItem('opl.preferences', value), stored)
  await signIn(page, `${who}@example.com`)
  await page.goto('/import')
  await settled(page)
}

const documents: Record<string, string> = JSON.parse(
  readFileSync(new URL('../src/gql/persisted-documents.json', import.meta.url), 'utf8'),
)
const importsHash =
  Object.keys(documents).find((hash) => documents[hash]?.startsWith('query Imports')) ?? 'none'

const bring = (page: Page, name: string, text: string) =>
  page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })

for (const [width, language, theme] of [
  [1280, 'en', 'light'],
  [390, 'fi', 'dark'],
  [320, 'sv', 'light'],
] as const) {
  test(`a file is looked at, its mapping is changed, and it is imported, ${width} px`, async ({
    page,
    complaints,
  }) => {
    await open(page, width, language, theme)
    await bring(page, 'january.csv', 'Kirjauspäivä;Määrä')
    await expect(page.getByRole('alert')).toBeVisible()
    await expectNoAxeViolation(page, 'a file without an account')
    await page.locator('select').first().selectOption('new')
    const name = page.locator('input[maxlength="60"]')
    await name.fill('Säästöt')
    await name.press('Enter')
    await expect(page.getByText('Kahvila ja Kukka Oy').first()).toBeVisible()
    const role = page.locator('th select').nth(3)
    await expect(role).toHaveValue('text')
    await role.selectOption('reference')
    await expect(page.locator('th select').nth(3)).toHaveValue('reference')
    await expectNoAxeViolation(page, 'a preview')
    await expectNoSidewaysScroll(page, 'a preview')
    if (process.env.OPL_SHOTS) {
      await page.screenshot({ path: `${process.env.OPL_SHOTS}/import-${width}.png`, fullPage: true })
    }
    await page.locator('main button').last().click()
    await expect(page.locator('a[href*="/accounts/c-op-everyday"]').first()).toBeVisible()
    await expectNoAxeViolation(page, 'what was imported')
    // A table with the same headings is read as this one was.
    await page.locator('main button').last().click()
    await bring(page, 'february.csv', 'Kirjauspäivä;Määrä')
    await expect(page.locator('th select').nth(3)).toHaveValue('reference')
    // The server refuses what is not to be imported, and Chromium tells of it.
    expected(complaints, /422/)
  })
}

test('a broken file is named by its line, and sums that differ need a word', async ({ page, complaints }) => {
  await open(page, 1280)
  await bring(page, 'january.xml', 'broken')
  await expect(page.getByRole('alert')).toContainText('Line 20')
  await expect(page.getByRole('alert')).toContainText('Nothing was stored')
  await bring(page, 'january.xml', 'breaks')
  const confirm = page.getByRole('button', { name: /^Import 4/ })
  await expect(confirm).toBeDisabled()
  await expectNoAxeViolation(page, 'sums that differ')
  await page.getByLabel('Import it all the same').check()
  await expect(confirm).toBeEnabled()
  expected(complaints, /422/)
})

for (const [width, language, theme] of [
  [1280, 'en', 'light'],
  [390, 'fi', 'dark'],
  [320, 'sv', 'light'],
] as const) {
  test(`files that were brought are listed, page by page, ${width} px`, async ({ page }) => {
    await open(page, width, language, theme, 'files')
    const files = page.locator('main li')
    await expect(files).toHaveCount(10)
    await expect(page.getByText('tiliote-23.xml')).toBeVisible()
    await expectNoAxeViolation(page, 'files that were brought')
    await expectNoSidewaysScroll(page, 'files that were brought')
    if (process.env.OPL_SHOTS) {
      await page.screenshot({ path: `${process.env.OPL_SHOTS}/files-${width}.png`, fullPage: true })
    }
    const more = page.locator('main button').last()
    await more.click()
    await expect(files).toHaveCount(20)
    await more.click()
    await expect(files).toHaveCount(23)
  })
}

test('no file, a list that does not come, and one that comes after another try', async ({ page }) => {
  await open(page, 1280)
  await expect(page.getByText('No file has been imported yet.')).toBeVisible()
  let broken = true
  await page.route('**/graphql', async (route) => {
    const asksForFiles = route.request().postData()?.includes(importsHash) ?? false
    if (!(broken && asksForFiles)) return route.fallback()
    const errors = [{ message: 'x', extensions: { code: 'INTERNAL', requestId: 'r-1' } }]
    await route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify({ errors }) })
  })
  await page.reload()
  const alert = page.getByRole('alert')
  await expect(alert).toBeVisible()
  await expectNoAxeViolation(page, 'files that did not come')
  broken = false
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('No file has been imported yet.')).toBeVisible()
})
