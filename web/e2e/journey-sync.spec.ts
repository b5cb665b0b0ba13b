import { expect, type Page, test } from '@playwright/test'
import { confirmAtBank, lookAt, misbehave, readAgain, readingTimeout } from './bank'
import { settled, watchConsole } from './checks'

/**
 * What keeps a ledger true over time, in the real program against a sandbox bank that misbehaves: an edit
 * is kept, a doubt is decided and undone, the days read are shown, and a permission is renewed.
 */
const shots = process.env.OPL_SHOTS

async function look(page: Page, name: string) {
  await lookAt(page, name)
  if (shots) await page.screenshot({ path: `${shots}/${name.replaceAll(' ', '-')}.png` })
}

async function connect(page: Page): Promise<string> {
  await page.goto('/sign-up')
  await page.getByLabel('Email').fill(`keeping-${Date.now()}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
  await page.goto('/connect?bank=op&step=confirm')
  await page.getByRole('button', { name: /^Go to / }).click()
  await confirmAtBank(page)
  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
  return page.url()
}

/** How many transactions the list counts. */
async function counted(page: Page): Promise<number> {
  await page.goto('/transactions')
  await expect(page.getByRole('grid')).toBeVisible()
  return Number(await page.locator('[data-count]').getAttribute('data-count'))
}

async function edit(page: Page): Promise<string> {
  await page.goto('/transactions')
  await expect(page.getByRole('grid').getByRole('row').nth(1)).toBeVisible()
  await settled(page)
  await page.getByRole('grid').focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Category').selectOption({ label: 'Pets' })
  await expect(dialog.getByText('Category chosen')).toBeVisible()
  await dialog.getByLabel('Note').fill('Seen at the vet')
  await dialog.getByRole('button', { name: 'Save note' }).click()
  await expect(dialog.getByText('Note written')).toBeVisible()
  await look(page, 'an edited transaction')
  return page.url()
}

async function isKept(page: Page, address: string) {
  await page.goto(address)
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('Category')).toHaveValue('pets')
  await expect(dialog.getByLabel('Note')).toHaveValue('Seen at the vet')
}

async function decideAndUndo(page: Page) {
  await page.goto('/')
  await expect(page.getByText(/rows? waits? for you: one payment or two\?/)).toBeVisible()
  await look(page, 'overview with doubts')
  await page.goto('/reviews')
  const first = page.getByRole('article').first()
  await expect(first.getByText('The amount is the same.')).toBeVisible()
  await look(page, 'the review queue')
  const before = await page.getByRole('article').count()
  await first.getByRole('button', { name: 'The same payment' }).click()
  await expect(page.getByText('One payment. It counts once.').first()).toBeVisible()
  await expect(page.getByRole('article')).toHaveCount(before - 1)
  await page.getByRole('button', { name: 'Undo' }).first().click()
  await expect(page.getByRole('article')).toHaveCount(before)
  await page.getByRole('button', { name: 'Two different payments' }).first().click()
  await expect(page.getByText('Two payments. Both count.').first()).toBeVisible()
  await look(page, 'decided and undone')
  await page.getByRole('link', { name: /−€/ }).first().click()
  await expect(page.getByRole('dialog').getByText('A doubt was settled').first()).toBeVisible()
  await look(page, 'why this row')
}

async function coverage(page: Page) {
  await page.goto('/accounts')
  await look(page, 'accounts with their reads')
  await page.locator('main li a').first().click()
  await expect(page.getByText(/^Every day from .* is known\.$/)).toBeVisible()
  await expect(page.getByRole('img', { name: /^Calendar of days read/ })).toBeVisible()
  await page.locator('summary', { hasText: 'The last reads' }).click()
  await look(page, 'coverage of an account')
  const days = page.locator('section', { has: page.getByRole('heading', { name: 'Days that were read' }) })
  await days.getByRole('button', { name: 'Show as table' }).click()
  await look(page, 'coverage as a table')
}

async function renew(page: Page, connection: string) {
  await page.goto(connection)
  await page.getByRole('button', { name: /^Renew / }).click()
  await page.getByRole('dialog').getByRole('radio').last().check()
  await look(page, 'renewing')
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Go to / })
    .click()
  await confirmAtBank(page)
  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
  await expect(page.getByText(/in (89|90|179|180) days/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Refresh' })).toBeEnabled({ timeout: readingTimeout })
  await look(page, 'a renewed connection')
}

async function calendar(page: Page) {
  await page.goto('/connections')
  await page.getByRole('button', { name: 'Make an address' }).click()
  const address = await page.getByLabel('Address of your calendar').inputValue()
  const answer = await page.request.get(address)
  expect([answer.status(), answer.headers()['content-type']]).toEqual([200, 'text/calendar; charset=utf-8'])
  expect((await answer.text()).match(/BEGIN:VALARM/g)).toHaveLength(3)
  await look(page, 'a calendar address')
}

test('an edit, a doubt, coverage and a renewal', async ({ page, baseURL }) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page, baseURL)
  await misbehave([])
  const connection = await connect(page)
  const edited = await edit(page)
  await misbehave(['card-pair'])
  await page.goto(connection)
  await readAgain(page)
  await look(page, 'a connection and its next read')
  await decideAndUndo(page)
  await coverage(page)
  await misbehave(['account-id-per-consent'])
  const before = await counted(page)
  await renew(page, connection)
  expect(await counted(page)).toBe(before)
  await page.goto('/accounts')
  await expect(page.getByText('No longer shared')).toHaveCount(0)
  await isKept(page, edited)
  await calendar(page)
  await misbehave([])
  expect(complaints).toEqual([])
})
