import type { Language } from '@fabrique/contract'
import type { Catalogue } from './catalogue.js'

/** Each language in its own words, for choosing one before its texts are there. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', fr: 'Français' }

/** Each catalogue is a file of its own: a reader loads one language, and another when it is chosen. */
const loaders: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: async () => (await import('./en.js')).en,
  fr: async () => (await import('./fr.js')).fr,
}
const loaded = new Map<Language, Catalogue>()

/** The texts of a language, from now on also without waiting. */
export async function loadCatalogue(language: Language): Promise<Catalogue> {
  const catalogue = loaded.get(language) ?? (await loaders[language]())
  loaded.set(language, catalogue)
  return catalogue
}

/** The one language of the document: the address, the saved choice, the browser, English; decided before the first paint. */
export function currentLanguage(): Language {
  return document.documentElement.lang === 'fr' ? 'fr' : 'en'
}

/** The texts of the document; `main.tsx` loads them before anything is drawn. While another language loads, the one before. */
export function currentCatalogue(): Catalogue {
  const catalogue = loaded.get(currentLanguage()) ?? [...loaded.values()][0]
  if (catalogue === undefined) throw new Error('No catalogue is loaded')
  return catalogue
}
