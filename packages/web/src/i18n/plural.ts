import type { Language } from '@fabrique/contract'

interface Forms {
  readonly one: string
  readonly other: string
}

/** Makes the function that chooses the form for a count and writes the count in place of `#`. */
export function pluralOf(language: Language): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB')
  return (count, forms) => forms[rules.select(count) === 'one' ? 'one' : 'other'].replace('#', numbers.format(count))
}
