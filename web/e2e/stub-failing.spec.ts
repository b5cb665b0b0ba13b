import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'
import { settled } from './checks'
import { signIn, test } from './signed-in'

const documents: Record<string, string> = JSON.parse(
  readFileSync(new URL('../src/gql/persisted-documents.json', import.meta.url), 'utf8'),
)
const failed = { errors: [{ message: 'failed', extensions: { code: 'INTERNAL', requestId: 'a-request' } }] }

/** One question is never answered but by a failure; from its `hold`th on it is not answered at all. */
async function fail(page: Page, operation: string, hold = Number.POSITIVE_INFINITY) {
  let asked = 0
  await page.route('**/graphql', (route) => {
    const { documentId } = route.request().postDataJSON()
    if (!new RegExp(`query ${operation}\\b`).test(documents[documentId] ?? '')) return route.continue()
    asked += 1
    return asked < hold ? route.fulfill({ json: failed }) : undefined
  })
  return () => asked
}

// A part that fails is one part: what stands beside it is there, and at rest.
for (const [path, operation, there] of [
  ['/reviews', 'NewerRules', /yhtä|one payment or two/],
  ['/rules', 'PayeeQuestions', /Versions of your rules/],
  ['/spending?category=groceries', 'PayeeSpending', /Month by month/],
] as const) {
  test(`${path} is there without ${operation}`, async ({ page }) => {
    await fail(page, operation)
    await signIn(page, 'aino@example.com', path)
    await expect(page.locator('main').getByRole('heading', { name: there }).first()).toBeVisible()
    await settled(page)
  })
}

test('a page that asks again by itself keeps its failure on screen, and the way on', async ({ page }) => {
  // Three tries are one failure; the fourth is the page's own.
  const asked = await fail(page, 'Running', 4)
  await signIn(page, 'operator@example.com', '/operations')
  const again = page.getByRole('button', { name: 'Try again' })
  await again.focus()
  await expect.poll(asked, { timeout: 30_000 }).toBe(4)
  await expect(again).toBeFocused()
  await expect(page.getByRole('heading', { name: 'Roles' })).toBeVisible()
})
