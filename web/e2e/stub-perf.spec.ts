import { expect, test } from '@playwright/test'
import { settled } from './checks'
import { signIn } from './signed-in'

/** What can be held without an idle machine: bytes, layout shifts, nodes. Times are for a quiet one. */
const limits = { wireKib: 230, layoutShift: 0.02, nodes: 900 }

// A first view is one before the worker has kept anything.
test.use({ serviceWorkers: 'block' })

test('first views are small and stand still, and a very long list is short in the page', async ({
  page,
  context,
}) => {
  await page.addInitScript(() => {
    const shifts = window as unknown as { shift: number }
    shifts.shift = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
        if (!entry.hadRecentInput) shifts.shift += entry.value
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await signIn(page, 'many@example.com')

  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  let bytes = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  for (const path of [
    '/',
    '/accounts',
    '/transactions',
    '/spending',
    '/recurring',
    '/forecast',
    '/connections',
  ]) {
    // What the page before still loads is not counted.
    await page.goto('about:blank')
    await session.send('Network.clearBrowserCache')
    bytes = 0
    await page.goto(path)
    await settled(page)
    await page.waitForTimeout(500)
    const shift = await page.evaluate(() => (window as unknown as { shift: number }).shift)
    console.log(`${path}: ${Math.round(bytes / 1024)} KiB, layout shift ${shift.toFixed(4)}`)
    expect.soft(bytes / 1024, `bytes of ${path}`).toBeLessThanOrEqual(limits.wireKib)
    expect.soft(shift, `layout shift of ${path}`).toBeLessThanOrEqual(limits.layoutShift)
  }

  await page.goto('/transactions')
  await expect(page.getByRole('grid')).toBeVisible()
  for (let turn = 0; turn < 10; turn += 1) {
    await page.mouse.wheel(0, 40_000)
    await page.waitForTimeout(60)
    expect(await page.locator('*').count()).toBeLessThan(limits.nodes)
  }
})
