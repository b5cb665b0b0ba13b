import { test as base, expect, type Page } from '@playwright/test'
import { watchConsole } from './checks'

/** Every test of it is watched: what the console complains of by its end is a fault. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints = watchConsole(page)
      await use(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

/** Signs in to the stub, whatever the page's language is, and waits for the page that was asked for. */
export async function signIn(page: Page, email = 'aino@example.com', path = '/'): Promise<void> {
  await page.goto(path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`)
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill('correct horse battery')
  await page.locator('button[type=submit]').click()
  await page.waitForURL(path)
}

/** Chromium tells of every refusal: those of this kind belong to what the test does. */
export function expected(complaints: string[], kind: RegExp): void {
  const others = complaints.filter((text) => !kind.test(text))
  complaints.splice(0, complaints.length, ...others)
}
