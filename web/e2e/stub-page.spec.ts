import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'
import { expectNoAxeViolation, expectNoSidewaysScroll, settled } from './checks'
import { signIn, test } from './signed-in'

async function open(page: Page, path: string) {
  await signIn(page, 'aino@example.com', path)
  // The frame of the program, and not the sign-in page that is just going.
  await expect(page.getByRole('button', { name: 'Open the palette' })).toBeVisible()
  await settled(page)
}

test.describe('the palette', () => {
  test('goes anywhere by its name, and gives the focus back', async ({ page }) => {
    await open(page, '/')
    const opener = page.getByRole('button', { name: 'Open the palette' })
    await opener.focus()
    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: 'Type a place or a command' })
    await expect(field).toBeFocused()
    await expectNoAxeViolation(page, 'palette')
    await page.keyboard.press('Escape')
    await expect(opener).toBeFocused()
    await page.keyboard.press('Control+k')
    await field.fill('conn')
    await expect(page.getByRole('dialog').getByRole('option', { selected: true })).toContainText(
      'Connections',
    )
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL('/connections')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })

  test('does what it says: hides amounts, searches', async ({ page }) => {
    await open(page, '/')
    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: 'Type a place or a command' })
    await field.fill('hide amou')
    await page.keyboard.press('Enter')
    await expect(page.locator('html')).toHaveAttribute('data-private', 'on')
    await expect(page.locator('main').getByText(/€\d/)).toHaveCount(0)
    await page.keyboard.press('Control+k')
    await field.fill('lidl >20')
    await page.getByRole('option', { name: 'Search transactions for “lidl >20”' }).click()
    await expect(page).toHaveURL(/transactions\?q=lidl\+%3E20/)
  })
})

test('the focus is at the content after signing in', async ({ page }) => {
  await open(page, '/')
  await expect(page.locator('main')).toBeFocused()
})

test('the focus is at the content after coming back from a bank', async ({ page }) => {
  await open(page, '/connect')
  await page
    .locator('main')
    .getByRole('button', { name: /S-Pankki|OP/, disabled: false })
    .first()
    .press('Enter')
  await page.getByRole('button', { name: 'Continue' }).press('Enter')
  await page.getByRole('button', { name: /^Go to / }).press('Enter')
  await page.getByRole('button', { name: 'Approve' }).press('Enter')
  await page.waitForURL(/\/connections\/[^/]+$/)
  await expect(page.locator('main')).toBeFocused()
})

test('the focus stays in a dialog when what had it goes away', async ({ page }) => {
  await open(page, '/transactions')
  await page.getByRole('grid').focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Category').selectOption('Pets')
  await dialog.getByRole('button', { name: 'Always for this payee' }).press('Enter')
  await expect(dialog.getByText(/This payee is now always Pets/)).toBeVisible()
  await expect.poll(() => dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('grid')).toBeFocused()
})

test('every key is in one list, and works', async ({ page }) => {
  await open(page, '/')
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keys' })
  await expect(sheet.getByText('Palette: go anywhere, do anything')).toBeVisible()
  await expectNoAxeViolation(page, 'keys')
  await page.keyboard.press('Escape')
  await expect(sheet).toHaveCount(0)
  await page.keyboard.press('/')
  await expect(page).toHaveURL('/transactions')
  await expect(page.getByLabel('Search transactions')).toBeFocused()
  await page.keyboard.press('Escape')
  await page.getByRole('grid').focus()
  await page.keyboard.press('m')
  await expect(page.getByLabel('Go to month')).toBeFocused()
})

test.describe('a statement', () => {
  test('says where the month began and ended, and which state of the log it stands for', async ({ page }) => {
    await open(page, '/statement')
    await expect(page.getByRole('heading', { name: /^Statement / })).toBeVisible()
    await expect(page.getByText('Stands for everything up to event 5000')).toBeVisible()
    await expect(page.getByText('4980 events of stub.example/log, root')).toBeVisible()
    await expect(page.locator('table.statement tbody tr').first()).toBeVisible()
    await expectNoAxeViolation(page, 'statement')
    await page.setViewportSize({ width: 320, height: 800 })
    await expectNoSidewaysScroll(page, 'statement')
  })

  test('prints as a tagged PDF with everything in it', async ({ page }) => {
    await open(page, '/statement')
    await expect(page.locator('table.statement tbody tr').first()).toBeVisible()
    const pdf = await page.pdf({ tagged: true, preferCSSPageSize: true })
    const text = pdf.toString('latin1')
    // Tagged PDF (ISO 32000-1, 14.8): marked, with a tree of its structure and a language.
    expect(text).toMatch(/\/MarkInfo\s*<<[^>]*\/Marked true/)
    expect(text).toContain('/StructTreeRoot')
    expect(text).toMatch(/\/Lang\s*\(en/)
    for (const part of ['/Table', '/TR', '/TH', '/TD', '/H1', '/H2'])
      expect(text, part).toContain(`/S ${part}`)
  })

  test('asks before printing what is hidden on the page', async ({ page }) => {
    await page.addInitScript(() => {
      window.print = () => {
        const printed = window as unknown as { printed: string[] }
        printed.printed = [...(printed.printed ?? []), document.querySelector('main')?.textContent ?? '']
        window.dispatchEvent(new Event('afterprint'))
      }
    })
    await open(page, '/statement')
    await expect(page.locator('table.statement tbody tr').first()).toBeVisible()
    await page.keyboard.press('Control+Shift+P')
    const printed = () => page.evaluate(() => (window as unknown as { printed?: string[] }).printed ?? [])
    const button = page.getByRole('button', { name: 'Print or save as PDF' })
    await button.click()
    const dialog = page.getByRole('alertdialog', { name: 'Print with amounts?' })
    await expectNoAxeViolation(page, 'asking before print')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await expect(dialog).toHaveCount(0)
    expect(await printed()).toEqual([])
    await button.click()
    await dialog.getByRole('button', { name: 'Keep hidden' }).click()
    await expect.poll(async () => (await printed()).length).toBe(1)
    expect((await printed())[0]).not.toMatch(/€\d/)
    await button.click()
    await dialog.getByRole('button', { name: 'Show on paper' }).click()
    await expect.poll(async () => (await printed()).length).toBe(2)
    expect((await printed())[1]).toMatch(/€\d/)
    await expect(page.locator('html')).toHaveAttribute('data-private', 'on')
    await expect(page.locator('main').getByText(/€\d/)).toHaveCount(0)
  })
})

test.describe('names', () => {
  test('leave the page with their own switch, and stay away after a reload', async ({ page }) => {
    await open(page, '/settings')
    await page.getByLabel(/^Hide names/).check()
    await page.goto('/transactions')
    await expect(page.getByRole('grid')).toBeVisible()
    await settled(page)
    await expect(page.locator('[role=row][data-active]')).toContainText('Name hidden')
    const text = await page.locator('main').textContent()
    expect(text).not.toMatch(/Lidl|K-Citymarket|Wolt|Finnkino/)
    expect(text).toMatch(/€\d/)
    await expectNoAxeViolation(page, 'names hidden')
  })
})

test.describe('the tour', () => {
  test('is offered, can be skipped, and is found again', async ({ page }) => {
    await open(page, '/')
    await page.getByRole('button', { name: 'Take the tour' }).click()
    const tour = page.getByRole('dialog', { name: 'A short tour' })
    await expect(tour.getByText('1 of 5')).toBeVisible()
    await expectNoAxeViolation(page, 'tour')
    await tour.getByRole('button', { name: 'Next' }).click()
    await expect(tour.getByText('2 of 5')).toBeVisible()
    await tour.getByRole('button', { name: 'Skip the tour' }).click()
    await expect(page.getByRole('button', { name: 'Take the tour' })).toHaveCount(0)
    await page.reload()
    await settled(page)
    await expect(page.getByRole('button', { name: 'Take the tour' })).toHaveCount(0)
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Take the tour again' }).click()
    await expect(tour.getByText('1 of 5')).toBeVisible()
  })
})

test.describe('without a connection', () => {
  test('what was last seen is there, marked as old, and gone after signing out', async ({
    page,
    complaints,
  }) => {
    complaints.length = 0
    await open(page, '/')
    await expect(page.getByRole('heading', { name: 'Total balance' })).toBeVisible()
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    // The worker keeps what is asked for while it is in charge, so the page is opened once more.
    await page.reload()
    await expect(page.getByRole('heading', { name: 'Total balance' })).toBeVisible()
    await expect.poll(() => kept(page)).toMatchObject({ shell: true, seen: true, key: false })
    // Another page keeps what the first one showed.
    const { at } = await kept(page)
    await page.goto('/connections')
    await settled(page)
    await expect.poll(async () => (await kept(page)).at).toBeGreaterThan(at)
    await cut(page, true)
    await page.goto('/')
    await expect(page.getByRole('heading', { name: /^Spending in / })).toBeVisible()
    await page.reload()
    await expect(page.getByText(/^No connection\. You see what was read/)).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Total balance' })).toBeVisible()
    await expectNoAxeViolation(page, 'offline')
    await page.goto('/forecast')
    await expect(page.getByText(/^There is no connection, and this page was not opened/)).toBeVisible()
    await expectNoAxeViolation(page, 'a page that is not kept')
    await page.goto('/')
    await expect(page.getByRole('heading', { name: 'Total balance' })).toBeVisible()
    await cut(page, false)
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await expect(page.getByText(/^No connection\. You see/)).toHaveCount(0)
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expect(page).toHaveURL(/sign-in/)
    expect((await kept(page)).seen).toBe(false)
    // A browser without a connection says so itself.
    complaints.length = 0
  })
})

/** What this device keeps: the program, what was seen, and whether its key can be taken out. */
async function kept(page: Page): Promise<{ shell: boolean; seen: boolean; key: boolean; at: number }> {
  return page.evaluate(async () => {
    const shell = (await caches.match('/')) !== undefined
    const database = await new Promise<IDBDatabase>((resolve) => {
      const asked = indexedDB.open('opl.kept', 1)
      asked.onupgradeneeded = () => asked.result.createObjectStore('kept')
      asked.onsuccess = () => resolve(asked.result)
    })
    const last = await new Promise<{ key: CryptoKey; at: number } | undefined>((resolve) => {
      const asked = database.transaction('kept').objectStore('kept').get('last')
      asked.onsuccess = () => resolve(asked.result)
    })
    database.close()
    return { shell, seen: last !== undefined, key: last?.key.extractable ?? false, at: last?.at ?? 0 }
  })
}

/** Cuts the page and its worker off. */
async function cut(page: Page, off: boolean): Promise<void> {
  await page.context().setOffline(off)
}

test('the program can be installed', async ({ page }) => {
  await page.goto('/sign-in')
  const address = await page.locator('link[rel=manifest]').getAttribute('href')
  const manifest = await (await page.request.get(String(address))).json()
  expect(manifest).toMatchObject({ display: 'standalone', start_url: '/', scope: '/' })
  for (const { src, sizes } of manifest.icons) {
    const icon = await page.request.get(src)
    expect(icon.ok(), src).toBe(true)
    if (src.endsWith('.png')) {
      // A PNG tells its width at byte 16.
      const width = (await icon.body()).readUInt32BE(16)
      expect(`${width}x${width}`).toBe(sizes)
    }
  }
  expect(readFileSync(new URL('../public/sw.js', import.meta.url), 'utf8')).not.toContain('graphql')
})
