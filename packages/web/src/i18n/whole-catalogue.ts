import type { Language } from '@fabrique/contract'
import type { Catalogue } from './catalogue.js'
import { loadCatalogue, loadTexts } from './language.js'
import { type PartName, parts } from './parts.js'

/** Every text of a language, for tests: pages load the parts they show. */
export async function wholeCatalogue(language: Language): Promise<Catalogue> {
  const catalogue = await loadCatalogue(language)
  await loadTexts(Object.keys(parts) as PartName[])
  return catalogue
}
