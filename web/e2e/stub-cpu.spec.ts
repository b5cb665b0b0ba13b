import { expect, test } from '@playwright/test'
import { settled } from './checks'
import { Processor } from './cpu'
import { signIn } from './signed-in'

/** Milliseconds of processor time an action may cost, with more than 100,000 rows in the list. */
const limits = { open: 600, wheel: 20, key: 16, end: 80, dialog: 120, letter: 40, hide: 50 }
const tries = 7

test('no action costs more than its budget of processor time', async ({ page }) => {
  await signIn(page, 'many@example.com', '/transactions')
  const grid = page.getByRole('grid')
  await expect(grid).toBeVisible()
  await settled(page)
  const processor = await Processor.of(page)
  const cost: Record<keyof typeof limits, number> = {
    open: 0,
    wheel: 0,
    key: 0,
    end: 0,
    dialog: 0,
    letter: 0,
    hide: 0,
  }

  cost.open = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 3; turn += 1) {
    // A page of its own each time: the counter begins anew with a navigation.
    const fresh = await page.context().newPage()
    const opening = await Processor.of(fresh)
    await fresh.goto('/transactions')
    await expect(fresh.getByRole('grid')).toBeVisible()
    await settled(fresh)
    cost.open = Math.min(cost.open, await opening.spent())
    await fresh.close()
  }
  await page.mouse.move(600, 500)
  cost.wheel = await processor.cheapest(page, tries, () => page.mouse.wheel(0, 400))
  await grid.focus()
  cost.key = await processor.cheapest(page, tries, () => page.keyboard.press('j'))
  cost.end = await processor.cheapest(page, tries, (turn) => page.keyboard.press(turn % 2 ? 'Home' : 'End'))
  await page.keyboard.press('Home')
  await expect(page.locator('[role=row][data-active]')).not.toContainText('Loading')
  cost.dialog = await processor.cheapest(page, 4, async () => {
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog').locator('dl').first()).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })
  const search = page.getByLabel('Search transactions')
  await search.focus()
  cost.letter = await processor.cheapest(page, tries, (turn) => page.keyboard.press('lidlwol'[turn] ?? 'a'))
  await search.fill('')
  await expect(grid).toBeVisible()
  cost.hide = await processor.cheapest(page, tries, () => page.keyboard.press('Control+Shift+P'))

  for (const [action, limit] of Object.entries(limits)) {
    const spent = cost[action as keyof typeof limits]
    console.log(`${action.padEnd(8)} ${spent.toFixed(0).padStart(5)} ms of ${limit}`)
    expect.soft(spent, action).toBeLessThanOrEqual(limit)
  }
})
