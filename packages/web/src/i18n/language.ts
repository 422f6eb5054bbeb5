import type { Language } from '@fabrique/contract'
import type { Catalogue } from './catalogue.js'
import { en } from './en.js'
import { fr } from './fr.js'

export const catalogues: Readonly<Record<Language, Catalogue>> = { en, fr }

/** The one language of the document: the address, the saved choice, the browser, English; decided before the first paint. */
export function currentLanguage(): Language {
  return document.documentElement.lang === 'fr' ? 'fr' : 'en'
}

export function currentCatalogue(): Catalogue {
  return catalogues[currentLanguage()]
}
