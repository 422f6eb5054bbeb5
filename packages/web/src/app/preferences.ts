import type { Language } from '@fabrique/contract'
import { useSyncExternalStore } from 'react'

/** What people choose about the pages; kept in the browser. `public/before-paint.js` reads the same keys. */
export interface Preferences {
  readonly language: Language
  readonly theme: 'light' | 'dark' | 'system'
  readonly density: 'compact' | 'comfortable'
  readonly navigation: 'wide' | 'narrow'
}

const storageKey = (name: keyof Preferences) => `fabrique.${name}`

/** Storage can be switched off; then a choice lasts until the page is left. */
export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Without storage there is nothing to keep.
  }
}

function readFirst(): Preferences {
  const query = new URLSearchParams(location.search)
  const theme = query.get('theme') ?? readStored(storageKey('theme'))
  return {
    language: document.documentElement.lang === 'fr' ? 'fr' : 'en',
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    density: readStored(storageKey('density')) === 'comfortable' ? 'comfortable' : 'compact',
    navigation: readStored(storageKey('navigation')) === 'narrow' ? 'narrow' : 'wide',
  }
}

let preferences = readFirst()
const listeners = new Set<() => void>()

const darkSystem = matchMedia('(prefers-color-scheme: dark)')

/** The theme that is shown: the chosen one, or that of the system now. */
export function currentScheme(): 'light' | 'dark' {
  if (preferences.theme !== 'system') return preferences.theme
  return darkSystem.matches ? 'dark' : 'light'
}

/** Writes the choices to the document, where the style sheets and the client read them. */
function apply(): void {
  const root = document.documentElement
  root.lang = preferences.language
  root.setAttribute('data-mantine-color-scheme', currentScheme())
  root.setAttribute('data-density', preferences.density)
}

darkSystem.addEventListener('change', () => {
  apply()
  for (const listener of listeners) listener()
})

export function setPreference<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  preferences = { ...preferences, [name]: value }
  writeStored(storageKey(name), value)
  apply()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => preferences)
}

export function useScheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, currentScheme)
}
