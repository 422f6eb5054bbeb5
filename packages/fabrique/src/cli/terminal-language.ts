import type { Language } from '@fabrique/contract'

/** The language of the terminal: a given one, else that of the system. */
export function terminalLanguage(
  given: Language | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Language {
  if (given !== undefined) return given
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return locale.toLowerCase().startsWith('fr') ? 'fr' : 'en'
}
