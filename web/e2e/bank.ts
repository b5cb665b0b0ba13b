import { expect, type Locator, type Page } from '@playwright/test'
import { expectNoAxeViolation, settled } from './checks'
import type { Person } from './person'

const testUser = process.env.OPL_TEST_USER ?? '88888881'
export const readingTimeout = 60_000

/** The page at rest has no fault that a rule can find. */
export async function lookAt(page: Page, name: string) {
  await settled(page)
  await expectNoAxeViolation(page, name)
}

/** The bank's own page: the test user may be a link, a button, a choice or a field. */
export async function confirmAtBank(page: Page, user = testUser, person?: Person) {
  const click = (wanted: Locator) => (person ? person.click(wanted) : wanted.click())
  const choose = (wanted: Locator) => (person ? person.choose(wanted) : wanted.check())
  const choices = [
    page.getByRole('radio', { name: new RegExp(user) }),
    page.getByRole('link', { name: new RegExp(user) }),
    page.getByRole('button', { name: new RegExp(user) }),
    page.getByRole('combobox'),
    page.getByRole('textbox'),
  ]
  await expect(choices.reduce((any, choice) => any.or(choice)).first()).toBeVisible({ timeout: 20_000 })
  const [radio, link, button, combobox, textbox] = choices
  if (radio && (await radio.count())) await choose(radio.first())
  else if (link && (await link.count())) await click(link.first())
  else if (button && (await button.count())) await click(button.first())
  else if (await combobox?.count())
    await combobox
      ?.first()
      .selectOption({ label: user })
      .catch(async () => {
        await combobox?.first().selectOption(user)
      })
  else await textbox?.first().fill(user)

  const approve = page.getByRole('button', { name: /approve|hyväksy|godkänn/i })
  const onward = page.getByRole('button', { name: /continue|next|sign in|log in|identify/i })
  await expect(approve.or(onward).first()).toBeVisible()
  if (!(await approve.count())) await click(onward.first())
  await expect(approve.first()).toBeVisible()
  for (const account of await page.getByRole('checkbox').all()) await choose(account)
  await click(approve.first())
}

/** Tells the sandbox bank what to do wrong from now on. */
export async function misbehave(names: readonly string[]): Promise<void> {
  const control = process.env.OPL_BANK_CONTROL
  if (!control) throw new Error('OPL_BANK_CONTROL is the address of the bank’s control listener')
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${control}/misbehaviour`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(names),
  })
  expect(answer.status).toBe(200)
}

/** Reads the connection on screen once more, to the end. */
export async function readAgain(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Refresh' })
  await button.click()
  await expect(page.getByRole('button', { name: 'Reading' }).or(button).first()).toBeVisible()
  await expect(button).toBeEnabled({ timeout: readingTimeout })
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
}
