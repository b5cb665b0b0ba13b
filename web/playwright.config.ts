import { defineConfig } from '@playwright/test'

const stubPort = Number(process.env.STUB_PORT ?? 4173)
const real = process.env.OPL_URL

/** `stub` needs nothing but a build; `real` runs when OPL_URL says where the program is. */
export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 60_000,
  // What is waited for is a state: a busy machine reaches it later.
  expect: { timeout: 15_000 },
  // A machine that stands still for a moment is no fault of the page; what passes only then is listed as flaky.
  retries: 1,
  reporter: 'list',
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Helsinki',
    viewport: { width: 1280, height: 860 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    {
      name: 'stub',
      testMatch: 'stub*.spec.ts',
      // What fades in is looked at in its end; that motion is kept away from those who do not want it has its own test.
      use: { baseURL: `http://127.0.0.1:${stubPort}`, contextOptions: { reducedMotion: 'reduce' } },
    },
    ...(real
      ? [
          { name: 'real', testMatch: 'journey*.spec.ts', use: { baseURL: real, ignoreHTTPSErrors: true } },
          { name: 'screens', testMatch: 'screens.spec.ts', use: { baseURL: real } },
          { name: 'bench', testMatch: 'bench.spec.ts', use: { baseURL: real } },
          { name: 'auditor', testMatch: 'audit*.spec.ts', use: { baseURL: real } },
        ]
      : []),
  ],
  webServer: {
    command: 'node e2e/stub.mjs',
    url: `http://127.0.0.1:${stubPort}/boot.js`,
    env: { STUB_PORT: String(stubPort) },
    reuseExistingServer: true,
  },
})
