import type { Language } from '@fabrique/contract'
import type { Catalogue, FirstTexts } from './catalogue.js'
import { type PartName, parts } from './parts.js'

/** Each language in its own words, for choosing one before its texts are there. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', fr: 'Français' }

/** Each catalogue is a file of its own: a reader loads one language, and another when it is chosen. */
const loaders: Readonly<Record<Language, () => Promise<FirstTexts>>> = {
  en: async () => (await import('./en.js')).en,
  fr: async () => (await import('./fr.js')).fr,
}
/** What has been loaded of each language that was asked for; it grows, and each page finds the parts that it waited for. */
const loaded = new Map<Language, Catalogue>()
/** Languages that are shown or asked for, and the parts of the pages that were opened: all of both are loaded. */
const languages = new Set<Language>()
const wanted = new Set<PartName>()

async function loadPart(language: Language, part: PartName): Promise<object> {
  return parts[part][language]()
}

/** Adds texts to those of a language. That they make a catalogue to each page is what `parts.test.ts` finds out. */
function withTexts(language: Language, texts: readonly object[]): Catalogue {
  const catalogue = Object.assign(loaded.get(language) ?? {}, ...texts)
  loaded.set(language, catalogue)
  return catalogue
}

/** The texts of a language, from now on also without waiting: those of the first view and of the pages opened before. */
export async function loadCatalogue(language: Language): Promise<Catalogue> {
  languages.add(language)
  const names = [...wanted]
  return withTexts(language, await Promise.all([loaders[language](), ...names.map((name) => loadPart(language, name))]))
}

/** Loads the texts of a page, in each language that the page could be drawn in when they are there. */
export async function loadTexts(names: readonly PartName[]): Promise<void> {
  for (const name of names) wanted.add(name)
  const load = async (language: Language) => {
    withTexts(language, await Promise.all(names.map((name) => loadPart(language, name))))
  }
  await Promise.all([...languages].map(load))
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
