import { expect } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import { signIn, test } from './signed-in'

test('everything of a person is deleted for good, at their password, and a receipt says so', async ({
  page,
}) => {
  await signIn(page)
  await page.goto('/settings')
  await settled(page)
  await page.getByRole('button', { name: 'Delete my account…' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Delete everything of yours?' })
  await expect(dialog.getByText('This can never be undone, not by anybody.')).toBeVisible()
  await expectNoAxeViolation(page, 'deleting everything')
  const last = dialog.getByRole('button', { name: 'Delete for ever' })
  await expect(last).toBeDisabled()
  await dialog.getByLabel('Password', { exact: true }).fill('wrong')
  await last.click()
  await expect(dialog.getByText('The password is wrong.')).toBeVisible()
  await dialog.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await last.click()
  await expect(page).toHaveURL('/erased')
  await expect(page.getByRole('heading', { name: 'Everything is deleted' })).toBeVisible()
  await expect(page.getByText('5001', { exact: true })).toBeVisible()
  await expectNoAxeViolation(page, 'deleted')
  await page.goto('/')
  await expect(page).toHaveURL(/sign-in/)
})
