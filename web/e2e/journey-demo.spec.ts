import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { type Proof, verify } from '../src/lib/proof'
import { confirmAtBank, lookAt, readingTimeout } from './bank'
import { settled, watchConsole } from './checks'

/**
 * What a sandbox bank showed, in the real program: it is looked at over time and proved, taken along as a
 * file, removed from the settings, gone from every page while the log still proves it, and back with its note
 * when the bank is connected again.
 */
const documents: Record<string, string> = JSON.parse(
  readFileSync(new URL('../src/gql/persisted-documents.json', import.meta.url), 'utf8'),
)
const inclusion = Object.keys(documents).find((id) => documents[id]?.includes('query InclusionProof'))
/** Longer than the log goes unsigned. */
const signingTimeout = 60_000

async function connect(page: Page) {
  await page.goto('/connect?bank=op&step=confirm')
  await page.getByRole('button', { name: /^Go to / }).click()
  await confirmAtBank(page)
  await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
  await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
}

async function proofOf(page: Page, position: string): Promise<Proof> {
  const answer = await page.evaluate(
    async ({ documentId, position }) => {
      const headers = { 'content-type': 'application/json', 'x-opl-request': '1' }
      const body = JSON.stringify({ documentId, variables: { position } })
      return (await fetch('/graphql', { method: 'POST', headers, body })).json()
    },
    { documentId: inclusion, position },
  )
  return answer.data.inclusionProof
}

/** Everything about the person, as the settings give it. */
async function takeAlong(page: Page) {
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Save: Everything, as the ledger holds it' }).click()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('alertdialog').getByRole('button', { name: 'Save', exact: true }).click(),
  ])
  const lines = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as { type?: string; position?: number; whole?: boolean })
}

async function noteFirst(page: Page): Promise<{ address: string; position: string }> {
  await page.goto('/transactions')
  await expect(page.getByRole('grid').getByRole('row').nth(2)).toContainText('€')
  await settled(page)
  await page.getByRole('grid').focus()
  await expect(page.locator('[role=row][data-active]')).toContainText('€')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Note').fill('Came back with its note')
  await dialog.getByRole('button', { name: 'Save note' }).click()
  await expect(dialog.getByText('Note written')).toBeVisible()
  // The newest step stands first; that it was recorded stands last.
  const recorded = dialog.locator('[data-proof]').last()
  await expect(recorded).toHaveAttribute('data-proof', 'checked', { timeout: signingTimeout })
  await lookAt(page, 'a transaction with its proof')
  await recorded.locator('summary').click()
  const said = String(await recorded.locator('p').textContent())
  return { address: page.url(), position: String(/event (\d+) is one of/.exec(said)?.[1]) }
}

test('demo data is proved, removed, gone everywhere but in the log, and comes back', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page, baseURL)
  await page.goto('/sign-up')
  await page.getByLabel('Email').fill(`demo-${Date.now()}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
  await connect(page)

  await page.goto('/')
  const walk = page.getByRole('slider', { name: 'Walk along the line' })
  await expect(walk).toBeVisible()
  await page.getByRole('button', { name: '3 M, Three months' }).click()
  await expect.poll(async () => Number(await walk.getAttribute('max'))).toBeGreaterThan(20)
  await lookAt(page, 'overview with its line')
  await page.goto('/accounts')
  await settled(page)
  const account = String(await page.locator('main li a').first().getAttribute('href'))
  await page.goto(account)
  await expect(walk).toBeVisible()
  await lookAt(page, 'account with its line')

  const { address, position } = await noteFirst(page)
  const before = await proofOf(page, position)
  const lines = await takeAlong(page)
  const recorded = ({ type }: { type?: string }) => type === 'account.transaction_recorded'
  const rows = lines.filter(recorded).length
  expect(rows).toBeGreaterThan(20)
  expect(lines.some((line) => String(line.position) === position && recorded(line))).toBe(true)

  await test.step('removed', async () => {
    await page.goto('/settings')
    await page.getByRole('button', { name: /^Remove the demo data of OP/ }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await expect(page.getByRole('alertdialog')).toHaveCount(0)
    await expect(page.getByRole('heading', { name: 'Demo data' })).toHaveCount(0)
  })
  await test.step('gone from every page', async () => {
    await page.goto('/')
    await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
    await expect(walk).toHaveCount(0)
    for (const path of [
      '/accounts',
      '/transactions',
      '/spending',
      '/cash-flow',
      '/recurring',
      '/forecast',
      '/notices',
    ]) {
      await page.goto(path)
      await settled(page)
      await expect(page.locator('main').getByText(/€\d/), path).toHaveCount(0)
      await expect(page.locator('main').getByText('Demo', { exact: true }), path).toHaveCount(0)
    }
    await page.goto(account)
    await expect(page.getByRole('heading', { name: 'There is no such account', level: 1 })).toBeVisible()
  })
  await test.step('the log still proves it', async () => {
    const after = await proofOf(page, position)
    expect(await verify(after, before.key)).toMatchObject({ included: true, signed: 'yes' })
    expect(after.record).toBe(before.record)
    const all = await takeAlong(page)
    expect(all.filter(recorded).length).toBe(rows)
    expect(all.some(({ type }) => type === 'account.put_away')).toBe(true)
    expect(all.at(-1)?.whole).toBe(true)
  })
  await test.step('and back with its note', async () => {
    await connect(page)
    await page.goto(address)
    await expect(page.getByRole('dialog').getByLabel('Note')).toHaveValue('Came back with its note')
  })
  expect(complaints).toEqual([])
})
