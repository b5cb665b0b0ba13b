import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled, watchConsole } from './checks'

/** A statement as a file, in the real program: looked at, brought, listed; a broken one names its line. */
const sample = readFileSync(new URL('../../formats/tests/samples/camt053.08.xml', import.meta.url), 'utf8')
const shots = process.env.OPL_SHOTS

const bring = (page: Page, name: string, text: string) =>
  page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/xml', buffer: Buffer.from(text) })

async function look(page: Page, name: string) {
  await settled(page)
  await expectNoAxeViolation(page, name)
  if (shots) await page.screenshot({ path: `${shots}/${name.replaceAll(' ', '-')}.png`, fullPage: true })
}

test('a statement is looked at, brought and listed, and a broken one names its line', async ({ page }) => {
  const complaints = watchConsole(page)
  const email = `bringing-${Date.now()}@example.com`
  await page.goto('/sign-up')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
  await page.goto('/import')
  await expect(page.getByText('No file has been imported yet.')).toBeVisible()

  await bring(page, 'broken.xml', sample.replace('>25.90<', '>25.9x<'))
  const alert = page.getByRole('alert')
  await expect(alert).toContainText('Line 20: An amount cannot be read.')
  await expect(alert).toContainText('Nothing was stored.')
  await look(page, 'a broken file')

  await bring(page, 'january.xml', sample)
  await expect(page.getByText('Balances and rows agree')).toBeVisible()
  await look(page, 'a statement before it is stored')
  await expect(page.getByText('No file has been imported yet.')).toBeVisible()
  await page.getByRole('button', { name: 'Import 3 transactions' }).click()
  await expect(page.getByText('3 transactions added.')).toBeVisible()
  const file = page.getByRole('listitem').filter({ hasText: 'january.xml' })
  await expect(file).toContainText('camt.053')
  await expect(file).toContainText(`by ${email}`)
  await expect(file).toContainText('New 3 · Already here 0')
  await expect(file).toContainText('Balances agree')
  await look(page, 'a file that was brought')

  // The same one again adds nothing and is no second file.
  await page.getByRole('button', { name: 'Choose another file' }).click()
  await bring(page, 'january-again.xml', sample)
  await page.getByRole('button', { name: 'Keep the file' }).click()
  await expect(page.getByText('This file was imported before. Nothing was added.')).toBeVisible()
  await expect(page.getByText('1 of 1 files')).toBeVisible()

  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await look(page, 'files on a phone in the dark')
  await expectNoSidewaysScroll(page, 'files on a phone')
  expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
})
