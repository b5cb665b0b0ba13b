import { expect, type Page, test } from '@playwright/test'
import { confirmAtBank, lookAt, readingTimeout } from './bank'
import { expectNoSidewaysScroll, watchConsole } from './checks'

/** Three banks of three standards and currencies in the real program, in one view with converted totals. */
const banks = [
  { search: 'op', name: /^OP\b/, user: '88888881' },
  { search: 'nordvik', name: /Nordvik/, user: '19850412' },
  { search: 'albion', name: /Albion/, user: '21430987' },
]
const shots = process.env.OPL_SHOTS

async function look(page: Page, name: string) {
  await lookAt(page, name)
  if (shots) await page.screenshot({ path: `${shots}/${name.replaceAll(' ', '-')}.png`, fullPage: true })
}

test('three banks are found, connected and counted together', async ({ page, baseURL }) => {
  test.setTimeout(300_000)
  const complaints = watchConsole(page, baseURL)
  await page.goto('/sign-up')
  await page.getByLabel('Email').fill(`banks-${Date.now()}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill('a long enough pass phrase')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()

  for (const { search, name, user } of banks) {
    await page.goto('/connect')
    await page.getByRole('searchbox').fill(search)
    await look(page, `bank picker ${search}`)
    await page.locator('main').getByRole('button', { name, disabled: false }).first().click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: /^Go to / }).click()
    await page.waitForURL((url) => !url.href.startsWith(`${baseURL}/connect`), { timeout: 30_000 })
    await confirmAtBank(page, user)
    await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
    await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
  }

  await page.goto('/')
  await expect(page.getByText(/^All together about €/).first()).toBeVisible()
  await expect(page.getByText(/^Rates of .*invented for this demonstration/).first()).toBeVisible()
  await look(page, 'three banks together')
  await page.goto('/accounts')
  for (const currency of [/€/, /SEK|kr/, /£/]) await expect(page.locator('main')).toContainText(currency)
  await look(page, 'accounts of three banks')
  // The banks that were read show what the calls came to.
  await page.goto('/connect')
  await expect(page.getByText(/^Answers reliably\./).first()).toBeVisible()
  await look(page, 'health of banks')

  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto('/accounts')
  await look(page, 'accounts of three banks on a phone')
  await expectNoSidewaysScroll(page, 'accounts on a phone')
  expect(complaints).toEqual([])
})
