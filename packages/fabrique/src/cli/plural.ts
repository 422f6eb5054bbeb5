import type { Language } from '@fabrique/contract'
import { formatCount } from './format.js'

/** Chooses the words for a count and writes it in place of `#`. French has one form for none and for one. */
export function pluralOf(language: Language): (count: number, one: string, other: string) => string {
  const rules = new Intl.PluralRules(language)
  return (count, one, other) => (rules.select(count) === 'one' ? one : other).replace('#', formatCount(count, language))
}
