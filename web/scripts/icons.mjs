// Draws public/icon.svg as the PNG icons that installing needs: npm run icons, after the icon changes.
import { readFileSync } from 'node:fs'
import { chromium } from '@playwright/test'

const folder = new URL('../public/', import.meta.url)
const svg = readFileSync(new URL('icon.svg', folder), 'utf8')
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage()
// A maskable icon fills its square; a system cuts its own shape out of the middle.
for (const [name, size, inset] of [
  ['icon-192.png', 192, 0],
  ['icon-512.png', 512, 0],
  ['icon-maskable-512.png', 512, 51],
]) {
  await page.setViewportSize({ width: size, height: size })
  const inner = size - 2 * inset
  await page.setContent(
    `<body style="margin:0;background:${inset ? '#0d5c4b' : 'transparent'}">` +
      `<div style="position:absolute;left:${inset}px;top:${inset}px;width:${inner}px;height:${inner}px">${svg}</div>`,
  )
  await page.screenshot({ path: new URL(name, folder).pathname, omitBackground: inset === 0 })
}
await browser.close()
