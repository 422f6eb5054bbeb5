import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './theme/mantine.css'
import './theme/tokens.css'
import './theme/base.css'
import './theme/controls.css'
import { App } from './app/app.jsx'
import { currentLanguage, loadCatalogue } from './i18n/language.js'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id root')
await loadCatalogue(currentLanguage())
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
