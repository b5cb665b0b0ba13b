import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { answered, expectNoAxeViolation, watchConsole, watchQuestions } from './checks'
import { expectNothingPrivate, gatherPrivate } from './private'
import { screens } from './screens'

async function open(page: Page) {
  watchQuestions(page)
  const stored = JSON.stringify({ language: 'en', amountsHidden: true, namesHidden: true, singleKeys: true })
  await page.addInitScript((value) => {
    if (!localStorage.getItem('opl.preferences')) localStorage.setItem('opl.preferences', value)
  }, stored)
  await page.goto('/sign-in')
  await page.getByLabel('Email').fill('aino@example.com')
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  const found = gatherPrivate(page)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL('/')
  await answered(page)
  return found
}

test('with both switches on, no name and no digit of an amount is on any page', async ({ page }) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page)
  const found = await open(page)
  // Which banks there are is no secret, and whoever connects one has to see which.
  for (const [name, path] of screens.filter(([, path]) => !/^\/connect(\?|$)/.test(path))) {
    await page.goto(path)
    await answered(page)
    if (path.includes('tx=')) await expect(page.getByRole('dialog').locator('dl')).toBeVisible()
    await page.evaluate(() => {
      for (const each of document.querySelectorAll('details')) each.open = true
    })
    await answered(page)
    await test.step(name, () => expectNothingPrivate(page, found, name))
  }
  // What was looked for was really told.
  expect(found.names.size).toBeGreaterThan(40)
  expect(found.amounts.size).toBeGreaterThan(300)
  expect(complaints).toEqual([])
})

test('dialogs, forms and the palette hide names and amounts, or show neither until asked', async ({
  page,
}) => {
  test.setTimeout(120_000)
  const found = await open(page)
  const dialog = page.getByRole('dialog')
  await test.step('the palette', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill('account')
    await expect(page.getByRole('option', { name: 'Account ' }).first()).toBeVisible()
    await expectNothingPrivate(page, found, 'the palette')
    await page.keyboard.press('Escape')
  })
  await test.step('a split and a merge', async () => {
    await page.goto('/transactions?tx=c-op-everyday-told')
    await expect(dialog.locator('dl')).toBeVisible()
    await expect(dialog.getByText('Names and notes are hidden, and this form shows them.')).toBeVisible()
    await dialog.getByRole('button', { name: 'Split' }).click()
    await expect(dialog.getByText('Amounts are hidden, and this form shows them.')).toBeVisible()
    await expectNothingPrivate(page, found, 'a split')
    await page.goto('/transactions?tx=c-op-everyday-told')
    await dialog.getByRole('button', { name: 'Join with another row' }).click()
    await dialog.getByRole('button', { name: 'Show other amounts too' }).click()
    await expect(dialog.getByRole('listitem').first()).toBeVisible()
    await answered(page)
    await expectNothingPrivate(page, found, 'a merge')
  })
  await test.step('choosing rows', async () => {
    await page.goto('/transactions')
    await page.getByRole('grid').focus()
    await page.keyboard.press('x')
    await expect(page.getByRole('checkbox', { checked: true }).first()).toBeVisible()
    await expectNothingPrivate(page, found, 'chosen rows')
  })
  await test.step('an account to choose, by its place', async () => {
    await page.goto('/statement')
    await answered(page)
    const options = page.getByRole('main').getByRole('combobox').first().getByRole('option')
    await expect(options.nth(1)).toHaveText('Account 2')
  })
  await test.step('renewing and stopping', async () => {
    await page.goto('/connections/c-op')
    await page.getByRole('button', { name: /^Renew/ }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await answered(page)
    await expectNothingPrivate(page, found, 'a renewal')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await page.getByRole('button', { name: 'Stop sharing' }).click()
    await expect(page.getByRole('alertdialog')).toBeVisible()
    await expectNothingPrivate(page, found, 'stopping')
  })
  await test.step('a budget and a rule', async () => {
    await page.goto('/budgets')
    await page
      .getByRole('button', { name: /^Change the budget/ })
      .first()
      .click()
    await expectNothingPrivate(page, found, 'a budget')
    await page.goto('/rules')
    await page.getByRole('button', { name: /^Edit/ }).first().click()
    await expectNothingPrivate(page, found, 'a rule')
  })
  await test.step('a file', async () => {
    await page.goto('/import')
    const buffer = Buffer.from('Kirjauspäivä;Määrä')
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'january.xml', mimeType: 'text/plain', buffer })
    await expect(page.getByRole('table')).toBeVisible()
    await expectNothingPrivate(page, found, 'a file')
  })
})

test('a list is saved as a file, and while something is hidden it asks first', async ({ page }) => {
  await open(page)
  await page.goto('/transactions?category=groceries')
  await answered(page)
  const count = Number(await page.locator('[data-count]').getAttribute('data-count'))
  const saved = async (press: string) => {
    await page.getByRole('button', { name: 'Save as CSV' }).click()
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'))
    await expect(dialog).toBeVisible()
    await expectNoAxeViolation(page, 'asking before saving')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: press, exact: true }).click(),
    ])
    await expect(dialog).toHaveCount(0)
    const lines = readFileSync(await file.path(), 'utf8')
      .replace(/^\ufeff/, '')
      .trimEnd()
      .split('\r\n')
    expect(lines.length).toBe(count + 1)
    return lines
  }
  expect((await saved('Keep hidden'))[0]).toBe('Date,Currency,Category')
  const shown = await saved('Show in the file')
  expect(shown[0]).toBe('Date,Counterparty,Message,Amount,Currency,Category,Account,Note')
  expect(shown[1]).toMatch(/^\d{4}-\d\d-\d\d,.+,-\d+\.\d\d,EUR,Groceries,/)
  await expect(page.locator('main').getByText(/€\d/)).toHaveCount(0)
  await page.keyboard.press('Control+Shift+P')
  await page.evaluate(() => document.querySelector<HTMLElement>('main')?.focus())
  await page.getByRole('button', { name: 'Save as CSV' }).click()
  await expect(page.getByRole('alertdialog')).toBeVisible()
})
