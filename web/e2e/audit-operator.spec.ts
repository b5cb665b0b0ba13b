import { createHmac } from 'node:crypto'
import { expect, type Page, test } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled, watchConsole } from './checks'

/**
 * What an operator does, what a holder of a role does for a program, and the other ways to sign in, all
 * through the page of the real program. The person was given both roles at the command line.
 */
const email = process.env.OPL_AUDITOR ?? 'auditor@example.fi'
const password = 'a long enough pass phrase'

async function lookAt(page: Page, name: string) {
  await settled(page)
  await expectNoAxeViolation(page, name)
  await page.screenshot({ path: test.info().outputPath(`${name.replaceAll(' ', '-')}.png`), fullPage: true })
}

async function withPassword(page: Page) {
  await page.goto('/sign-in')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function signedIn(page: Page) {
  await withPassword(page)
  await page.waitForURL((url) => url.pathname === '/')
}

/** A one-time code (RFC 6238) of a secret in base32, steps of thirty seconds from now. */
function codeOf(secret: string, steps = 0): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replaceAll(/[\s=]/g, '')].map((letter) =>
    letters.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const bytes = bits.join('').match(/.{8}/g) ?? []
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const digest = createHmac('sha1', Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))))
    .update(counter)
    .digest()
  const place = (digest[19] ?? 0) & 15
  return String((digest.readUInt32BE(place) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

test('an operator sees how the service runs, and gives a role and takes it back', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page, baseURL)
  await signedIn(page)
  await page.goto('/settings')
  const identifier = await page
    .locator('code')
    .filter({ hasText: /^[0-9a-f-]{36}$/ })
    .first()
    .textContent()
  await page.locator('main').getByRole('link', { name: 'Operations' }).click()
  await expect(page.getByRole('heading', { name: 'All is well' })).toBeVisible()
  await expect(page.getByText('Up to date').first()).toBeVisible()
  await expect(page.getByText('Ready').first()).toBeVisible()
  await lookAt(page, 'operations')

  // Somebody is given a role, which is taken back again.
  await page.getByLabel('Person').fill(identifier ?? '')
  await page.getByLabel('Reason').fill('quarterly_figures')
  await page.getByLabel('Role', { exact: true }).selectOption('ANALYST')
  await page.getByRole('button', { name: 'Give the role' }).click()
  const takeBack = page.getByRole('button', { name: /^Take back: Analyst/ })
  await expect(takeBack).toBeVisible()
  // What analysts see of so few people is nothing.
  await page.goto('/analysis')
  await expect(page.getByText('Too few people')).toBeVisible()
  await lookAt(page, 'analysis')
  await page.goto('/operations')
  await takeBack.click()
  await expect(takeBack).toHaveCount(0, { timeout: 30_000 })

  await page.setViewportSize({ width: 360, height: 740 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto('/operations')
  await expect(page.getByRole('heading', { name: 'All is well' })).toBeVisible()
  await expectNoSidewaysScroll(page, 'operations on a phone')
  await lookAt(page, 'operations on a phone')
  expect(complaints).toEqual([])
})

test('a program gets a token for a role, reads with it, and loses it', async ({ page, baseURL, request }) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page, baseURL)
  await signedIn(page)
  await page.goto('/settings')
  const programs = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Programs' }) })
  await programs.getByLabel('Timeline, headers only').check()
  await programs.getByLabel('Its own queries').check()
  await programs.getByLabel('Reason').fill('nightly_checks')
  await programs.getByRole('button', { name: 'Make a token' }).click()
  const secret = programs.getByText(/^oplr_/)
  await expect(secret).toBeVisible()
  await lookAt(page, 'token')
  const refresh = await secret.textContent()

  // The program, which is no browser.
  const headers = { 'x-opl-request': '1', 'content-type': 'application/json' }
  const exchanged = await request.post('/token', {
    headers,
    data: { grant_type: 'refresh_token', refresh_token: refresh },
  })
  expect(exchanged.status()).toBe(200)
  const { access_token: access } = await exchanged.json()
  const ask = () =>
    request.post('/graphql', {
      headers: { ...headers, authorization: `Bearer ${access}` },
      data: { query: '{ position { head } }' },
    })
  const answered = await ask()
  expect(answered.status()).toBe(200)
  expect((await answered.json()).data.position.head).toMatch(/^\d+$/)

  await programs.getByRole('button', { name: 'I have copied it' }).click()
  await programs.getByRole('button', { name: 'Revoke the token for nightly_checks' }).click()
  await expect(programs.getByText('revoked')).toBeVisible()
  expect((await ask()).status()).toBe(401)
  expect(complaints).toEqual([])
})

test('a passkey signs in, and codes are asked for once they are on', async ({ page, baseURL }) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page, baseURL)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await signedIn(page)
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await expect(page.getByRole('button', { name: /^Remove the passkey added/ })).toBeVisible()

  // One-time codes, from the key that is shown.
  await page.getByRole('button', { name: 'Turn on' }).click()
  const secret = await page
    .locator('p.font-mono')
    .filter({ hasText: /^[A-Z2-7 ]{16,}$/ })
    .first()
    .textContent()
  await page.getByLabel('The code it shows').fill(codeOf(secret ?? ''))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Keep these somewhere safe')).toBeVisible()
  const recovery = page.getByRole('status').getByRole('listitem')
  const first = await recovery.first().textContent()
  await lookAt(page, 'recovery codes')
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await lookAt(page, 'signing in')

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL((url) => url.pathname === '/sign-in')
  await lookAt(page, 'sign in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL((url) => url.pathname === '/')

  // With the password a code follows; the one that was used is used up, a recovery code is not.
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL((url) => url.pathname === '/sign-in')
  await withPassword(page)
  await page.getByLabel('Code', { exact: true }).fill('000000')
  await page.keyboard.press('Enter')
  await expect(page.getByText('This code is wrong or was used.')).toBeVisible()
  await lookAt(page, 'second factor')
  await page.getByLabel('Code', { exact: true }).fill(first ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/')

  // Off again, for whoever comes next: the code of the step after the one that was used.
  await page.goto('/settings')
  await page.getByLabel('A code, to turn it off').fill(codeOf(secret ?? '', 1))
  await page.getByRole('button', { name: 'Turn off' }).click()
  await expect(page.getByRole('button', { name: 'Turn on' })).toBeVisible()
  await page.getByRole('button', { name: /^Remove the passkey added/ }).click()
  await expect(page.getByText('You have none yet.')).toBeVisible()
  expect(complaints).toEqual([])
})
