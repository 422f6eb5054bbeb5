// Runs before the first paint, so that neither theme nor language flashes. The keys are those of `src/app/preferences.ts`.
;(() => {
  const read = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const query = new URLSearchParams(location.search)
  const root = document.documentElement
  const theme = query.get('theme') || read('fabrique.theme')
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
  root.setAttribute('data-density', read('fabrique.density') === 'comfortable' ? 'comfortable' : 'compact')
  const wanted = [query.get('lang'), read('fabrique.language'), ...navigator.languages]
  const language = wanted
    .map((tag) => (tag || '').slice(0, 2).toLowerCase())
    .find((tag) => tag === 'fr' || tag === 'en')
  root.lang = language || 'en'
})()
