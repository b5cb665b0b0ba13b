import optimizeLocales from '@react-aria/optimize-locales-plugin'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Asks for the text font as soon as the page is read, so that words do not move when it arrives. */
function preloadTextFont(): Plugin {
  return {
    name: 'preload-text-font',
    transformIndexHtml(_html, context) {
      const file = Object.keys(context.bundle ?? {}).find((name) => /geist-latin-wght-normal/.test(name))
      if (!file) return []
      const attrs = { rel: 'preload', href: `/${file}`, as: 'font', type: 'font/woff2', crossorigin: '' }
      return [{ tag: 'link', attrs, injectTo: 'head' }]
    },
  }
}

export default defineConfig({
  plugins: [
    { ...optimizeLocales.vite({ locales: ['en-US', 'fi-FI', 'sv-SE'] }), enforce: 'pre' },
    react(),
    tailwindcss(),
    preloadTextFont(),
  ],
  build: {
    manifest: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Few files that stay the same between releases, instead of fifty crumbs.
        codeSplitting: {
          groups: [
            {
              name: 'vendor',
              test: /node_modules\/(react|react-dom|scheduler|valibot|seroval|@tanstack\/(?!.*virtual)[^/]+)\//,
            },
            {
              name: 'shared',
              test: /node_modules\/lucide-react\/|src\/(lib|queries|gql)\/|src\/ui\/(?!modal)|src\/i18n\/(words|count)/,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8080', '/events': 'http://127.0.0.1:8080' } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
})
