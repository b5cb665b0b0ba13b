import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { screens as everyScreen } from './screens'
import { signIn, test } from './signed-in'

const screens = ['/', '/accounts', '/transactions', '/spending', '/connections', '/statement', '/settings']

async function open(page: Page, path = '/') {
  await signIn(page, 'aino@example.com', path)
  await expect(page.getByRole('button', { name: 'Open the palette' })).toBeVisible()
}

test('a finger finds every target', async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  })
  const page = await context.newPage()
  await open(page)
  for (const path of screens) {
    await page.goto(path)
    await settled(page)
    const small = await page.evaluate(() => {
      const found: string[] = []
      for (const element of document.querySelectorAll(
        'button:not(.sr-only), select, input:not([type=checkbox]), nav a',
      )) {
        const { width, height } = element.getBoundingClientRect()
        const unseen = width <= 1 || height <= 1 || getComputedStyle(element).visibility === 'hidden'
        const grown = element.closest('label, [data-choose]')?.getBoundingClientRect().height ?? 0
        // Half a pixel may be lost where a size is given in rem.
        if (!unseen && Math.max(height, grown) < 43.5) {
          found.push(`${element.tagName} ${element.textContent?.trim().slice(0, 30)} ${width}x${height}`)
        }
      }
      return found
    })
    expect(small, `small targets of ${path}`).toEqual([])
  }
  await context.close()
})

test('forced colours, less motion, more contrast and a page twice as large leave everything usable', async ({
  page,
}) => {
  test.setTimeout(180_000)
  await open(page)
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce', contrast: 'more' })
  for (const path of screens) {
    await page.goto(path)
    await settled(page)
    await page.keyboard.press('Tab')
    const look = await page.evaluate(() => {
      const { outlineStyle } = getComputedStyle(document.activeElement as Element)
      const moving = document.getAnimations().filter(({ effect }) => Number(effect?.getTiming().duration) > 0)
      return { outlineStyle, moving: moving.length }
    })
    expect(look, path).toEqual({ outlineStyle: 'solid', moving: 0 })
  }
  await page.emulateMedia({ forcedColors: 'none', contrast: 'no-preference' })
  // 200 % of a window of 1280 pixels.
  await page.setViewportSize({ width: 640, height: 430 })
  for (const path of screens) {
    await page.goto(path)
    await settled(page)
    await expectNoSidewaysScroll(page, `${path} twice as large`)
  }
  await page.goto('/transactions')
  await settled(page)
  await expectNoAxeViolation(page, 'reduced motion')
})

test('letters twice as large need no scrolling sideways', async ({ page }) => {
  test.setTimeout(180_000)
  await page.addInitScript(() => {
    localStorage.setItem('opl.preferences', JSON.stringify({ language: 'fi', tourSeen: true }))
    const larger = () => document.documentElement?.style.setProperty('font-size', '200%')
    document.addEventListener('readystatechange', larger)
  })
  await signIn(page)
  for (const [name, path] of everyScreen) {
    await page.goto(path)
    await settled(page)
    await expectNoSidewaysScroll(page, `${name}, letters twice as large`)
  }
})
