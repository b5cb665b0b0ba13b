import { expect } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import { signIn, test } from './signed-in'

test('what a sandbox bank shows is marked wherever it stands, and goes at one word', async ({ page }) => {
  await signIn(page)
  const demo = page.locator('main').getByText('Demo', { exact: true })
  for (const path of [
    '/',
    '/accounts',
    '/accounts/c-nordea-household',
    '/connections',
    '/connections/c-nordea',
    '/connect',
    '/statement?account=c-nordea-household',
    '/transactions?account=c-nordea-household',
  ]) {
    await page.goto(path)
    await settled(page)
    await expect(demo.first(), path).toBeVisible()
  }
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Remove the demo data of Nordea' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Remove the demo data of Nordea?' })
  await expect(dialog.getByText(/^Yes: connect the same demo bank again/)).toBeVisible()
  await expectNoAxeViolation(page, 'removing demo data')
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('heading', { name: 'Demo data' })).toHaveCount(0)
  for (const path of ['/accounts', '/transactions']) {
    await page.goto(path)
    await settled(page)
    await expect(page.getByText('Taloustili')).toHaveCount(0)
    await expect(demo).toHaveCount(0)
  }
  await page.goto('/connections')
  await settled(page)
  await expect(page.locator('a[href="/connections/c-op"]')).toHaveCount(1)
  await expect(page.locator('a[href="/connections/c-nordea"]')).toHaveCount(0)
})
