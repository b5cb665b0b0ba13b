// Runs before the first paint: theme, language and hidden amounts, so that nothing flashes.
;(() => {
  const root = document.documentElement
  const languages = ['en', 'fi', 'sv']
  let stored = {}
  try {
    stored = JSON.parse(localStorage.getItem('opl.preferences') || '{}')
  } catch {
    stored = {}
  }
  const wished = [stored.language].concat(navigator.languages || []).map((tag) => String(tag).slice(0, 2))
  root.lang = wished.find((tag) => languages.includes(tag)) || 'en'
  root.dataset.theme = stored.theme === 'light' || stored.theme === 'dark' ? stored.theme : 'auto'
  root.dataset.private = stored.amountsHidden === true ? 'on' : 'off'
  root.dataset.names = stored.namesHidden === true ? 'off' : 'on'
})()
