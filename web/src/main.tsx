import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadWords, WordsProvider } from './i18n/words'
import { captureBankAnswer } from './lib/callback'
import { client } from './lib/client'
import { preferences } from './lib/preferences'
import { createAppRouter } from './router'
import './styles.css'

// Before the router sees the address: what a bank sends back is for our server alone.
captureBankAnswer()
const router = createAppRouter()

const root = document.getElementById('root')
if (!root) throw new Error('the page has no root element')
const first = await loadWords(preferences().language)

// The program itself is kept for opening without a connection; development has none to keep.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  const register = () => void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
  if (document.readyState === 'complete') register()
  else window.addEventListener('load', register, { once: true })
}

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <WordsProvider first={first}>
        <RouterProvider router={router} />
      </WordsProvider>
    </QueryClientProvider>
  </StrictMode>,
)
