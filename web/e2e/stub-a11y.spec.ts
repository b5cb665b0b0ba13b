import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { screens } from './screens'
import { signIn, test } from './signed-in'

type Kind = { width: number; height: number; theme: string; language: string; amountsHidden: boolean }

const kinds: Record<string, Kind> = {
  light: { width: 1280, height: 860, theme: 'light', language: 'en', amountsHidden: false },
  dark: { width: 1280, height: 860, theme: 'dark', language: 'sv', amountsHidden: false },
  'phone, amounts hidden': { width: 390, height: 844, theme: 'light', language: 'fi', amountsHidden: true },
  'narrow, dark': { width: 320, height: 640, theme: 'dark', language: 'fi', amountsHidden: false },
}

async function prefer(page: Page, { width, height, theme, language, amountsHidden }: Kind) {
  await page.setViewportSize({ width, height })
  const stored = JSON.stringify({ theme, language, amountsHidden, singleKeys: true })
  await page.addInitScript((value) => localStorage.setItem('opl.preferences', value), stored)
}

for (const [kind, look] of Object.entries(kinds)) {
  test(`every screen, ${kind}`, async ({ page }) => {
    test.setTimeout(180_000)
    await prefer(page, look)
    for (const path of ['/sign-in', '/sign-up', '/callback/op']) {
      await page.goto(path)
      await settled(page)
      await expectNoAxeViolation(page, path)
      await expectNoSidewaysScroll(page, path)
    }
    await signIn(page)
    for (const [name, path] of screens) {
      await page.goto(path)
      await settled(page)
      if (path.includes('tx=')) await expect(page.getByRole('dialog').locator('dl')).toBeVisible()
      await expectNoAxeViolation(page, name)
      await expectNoSidewaysScroll(page, name)
    }
  })
}

const mayBeEmpty = [
  '/',
  '/accounts',
  '/transactions',
  '/spending',
  '/recurring',
  '/forecast',
  '/budgets',
  '/notices',
  '/rules',
  '/cash-flow',
  '/connections',
  '/reviews',
]

/** What a screen says that is empty and offers no bank. */
const nothingThere: Record<string, string> = {
  '/reviews': 'Nothing to check',
  '/budgets': 'No budgets yet',
  '/notices': 'Nothing to tell',
  '/rules': 'No rules yet',
}

test('empty and failing screens', async ({ page }) => {
  for (const email of ['new@example.com', 'broken@example.com']) {
    await signIn(page, email)
    for (const path of mayBeEmpty) {
      await page.goto(path)
      const nothing = page.getByText(nothingThere[path] ?? 'never said')
      const outcome = email.startsWith('broken')
        ? page.getByRole('alert').getByRole('button', { name: 'Try again' }).first()
        : page.locator('main').getByRole('link', { name: 'Connect a bank' }).or(nothing).first()
      await expect(outcome).toBeVisible({ timeout: 10_000 })
      await expectNoAxeViolation(page, `${path} of ${email}`)
    }
  }
})

test('targets are at least 24 px', async ({ page }) => {
  await prefer(page, kinds['phone, amounts hidden'] as Kind)
  await signIn(page)
  for (const [name, path] of screens) {
    await page.goto(path)
    await settled(page)
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('a, button, input, select, summary')]
        .filter((element) => element.getClientRects().length > 0 && !element.closest('.sr-only'))
        .filter((element) => !(element instanceof HTMLInputElement && element.closest('label')))
        .map((element) => ({ box: element.getBoundingClientRect(), text: element.outerHTML.slice(0, 120) }))
        .filter(({ box }) => box.width > 1 && (box.width < 24 || box.height < 23.5))
        .map(({ box, text }) => `${Math.round(box.width)}×${Math.round(box.height)} ${text}`),
    )
    expect(small, name).toEqual([])
  }
})

test('what failed has an identifier that is copied at a press', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await signIn(page, 'broken@example.com')
  const alert = page.getByRole('alert').first()
  await alert.getByRole('button', { name: 'Copy the request id' }).click()
  await expect(alert.getByRole('status')).toHaveText('Copied')
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  await expect(alert.locator('code')).toHaveText(copied)
})

test('while the server does not say who is signed in, the page says that it loads', async ({ page }) => {
  await signIn(page)
  let answer = () => {}
  const asked = new Promise<void>((resolve) => {
    answer = resolve
  })
  await page.route('**/graphql', async (route) => {
    await asked
    await route.continue()
  })
  await page.reload({ waitUntil: 'commit' })
  await expect(page.getByRole('heading', { name: 'One Point Ledger', level: 1 })).toBeVisible()
  await expect(page.getByRole('main').getByText('Loading').first()).toBeVisible()
  await expectNoAxeViolation(page, 'a page that opens')
  answer()
  await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible()
})
