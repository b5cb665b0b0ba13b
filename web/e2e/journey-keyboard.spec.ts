import { expect, type Locator, type Page, test } from '@playwright/test'
import { lookAt, readingTimeout } from './bank'
import { settled, watchConsole } from './checks'

/**
 * One person's tasks with the keyboard alone, against the real program and a sandbox bank: no mouse
 * event is ever sent, and whatever has the focus can be seen to have it.
 */
const mostTabs = 120

/** Tab until something has the focus, and see that it shows. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible({ timeout: 20_000 })
  const target = await wanted.elementHandle()
  for (let pressed = 0; pressed < mostTabs; pressed += 1) {
    const there = await page.evaluate((element) => document.activeElement === element, target)
    if (there) {
      const shown = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement as Element)
        return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
      })
      expect(shown, 'the focus is seen').toBe(true)
      return
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never reached ${wanted}`)
}

async function press(page: Page, wanted: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, wanted)
  await page.keyboard.press(key)
}

/** The focus is somewhere in the page, and not lost. */
async function focusKept(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => document.activeElement !== document.body), {
      message: 'the focus is kept',
    })
    .toBe(true)
}

/** At rest, however long the slowest answer takes. */
async function rested(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible({ timeout: readingTimeout })
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0, { timeout: readingTimeout })
  await settled(page)
}

async function atTheBank(page: Page): Promise<void> {
  const user = page.getByRole('radio', { name: /88888881/ })
  await expect(user).toBeVisible({ timeout: 30_000 })
  for (let step = 0; step < 4 && page.url().includes('/oauth/'); step += 1) {
    for (const radio of await page.getByRole('radio', { name: /88888881/ }).all()) {
      await radio.focus()
      await page.keyboard.press('Space')
    }
    for (const box of await page.getByRole('checkbox').all()) {
      if (await box.isChecked()) continue
      await box.focus()
      await page.keyboard.press('Space')
    }
    const onward = page.locator('button.primary')
    await onward.focus()
    const former = await page.content()
    await page.keyboard.press('Enter')
    await expect
      .poll(async () => (await page.content().catch(() => former)) !== former, { timeout: 30_000 })
      .toBe(true)
  }
}

test('every task with the keyboard alone', async ({ page, baseURL }) => {
  test.setTimeout(300_000)
  const complaints = watchConsole(page, baseURL)
  await page.addInitScript(() => {
    window.print = () => {
      const here = window as unknown as { printed?: string }
      here.printed = document.querySelector('main')?.textContent ?? ''
      window.dispatchEvent(new Event('afterprint'))
    }
  })
  const main = page.locator('main')

  await test.step('sign up', async () => {
    await page.goto('/sign-up')
    await tabTo(page, page.getByLabel('Email'))
    await page.keyboard.type(`keyboard-${Date.now()}@example.com`)
    await tabTo(page, page.getByLabel('Password', { exact: true }))
    await page.keyboard.type('a long enough pass phrase')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'Connect your first bank' })).toBeVisible()
  })

  await test.step('connect', async () => {
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('combobox', { name: 'Type a place or a command' })).toBeFocused()
    await page.keyboard.type('connect a bank')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/connect/)
    await rested(page)
    await press(page, main.getByRole('button', { name: /^OP\b|OP /i, disabled: false }).first())
    await press(page, page.getByRole('button', { name: 'Continue' }))
    await press(page, page.getByRole('button', { name: /^Go to / }))
    await page.waitForURL((url) => !url.href.startsWith(`${baseURL}/connect`), { timeout: 30_000 })
    await atTheBank(page)
    await page.waitForURL(/\/connections\/[^/]+$/, { timeout: 30_000 })
    await expect(page.getByText(/^Read .* new\.$/)).toBeVisible({ timeout: readingTimeout })
    await focusKept(page)
  })

  await test.step('find a purchase of 2024', async () => {
    await page.keyboard.press('/')
    await expect(page.getByLabel('Search transactions')).toBeFocused()
    await page.keyboard.type('2024 is:out >5')
    await expect(page).toHaveURL(/q=2024\+is%3Aout\+%3E5/)
    const grid = page.getByRole('grid')
    await tabTo(page, grid)
    await expect(page.locator('[role=row][data-active]')).not.toContainText('Loading')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog').getByText(/2024/).first()).toBeVisible()
  })

  await test.step('correct its category for good', async () => {
    const dialog = page.getByRole('dialog')
    await tabTo(page, dialog.getByLabel('Category', { exact: false }).first())
    await page.keyboard.type('Pets')
    await press(page, dialog.getByRole('button', { name: 'Always for this payee' }))
    await expect(dialog.getByText(/This payee is now always Pets/)).toBeVisible({ timeout: readingTimeout })
    await rested(page)
    await lookAt(page, 'a category for good')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('grid')).toBeFocused()
  })

  await test.step('see the forecast change', async () => {
    await page.keyboard.press('g')
    await page.keyboard.press('f')
    await expect(page).toHaveURL('/forecast')
    await rested(page)
    await focusKept(page)
    const before = await main.textContent()
    await tabTo(page, page.getByLabel('What', { exact: true }))
    await page.keyboard.type('A long journey')
    await tabTo(page, page.getByLabel(/^Amount \(/))
    await page.keyboard.type('900')
    await page.keyboard.press('Enter')
    await expect(main.getByText(/^Without what you try: /)).toBeVisible({ timeout: readingTimeout })
    expect(await main.textContent()).not.toBe(before)
  })

  await test.step('revoke the consent', async () => {
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('combobox', { name: 'Type a place or a command' })).toBeFocused()
    await page.keyboard.type('connections')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL('/connections')
    await rested(page)
    await press(page, main.getByRole('link', { name: /OP/ }).first())
    await expect(page).toHaveURL(/\/connections\/[^/]+$/)
    await rested(page)
    await press(page, main.getByRole('button', { name: 'Stop sharing' }))
    await press(page, page.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }))
    await expect(page.getByText('You stopped sharing.')).toBeVisible({ timeout: 30_000 })
    await focusKept(page)
  })

  await test.step('print the statement', async () => {
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('combobox', { name: 'Type a place or a command' })).toBeFocused()
    await page.keyboard.type('statement')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/statement/)
    await expect(page.getByText(/^Stands for everything up to event \d+/)).toBeVisible({
      timeout: readingTimeout,
    })
    await rested(page)
    await lookAt(page, 'statement')
    await press(page, page.getByRole('button', { name: 'Print or save as PDF' }))
    const printed = () => page.evaluate(() => (window as unknown as { printed?: string }).printed ?? '')
    await expect.poll(printed).toContain('State of the log')
    expect(await printed()).toMatch(/Balance at the beginning/)
  })
  expect(complaints).toEqual([])
})
