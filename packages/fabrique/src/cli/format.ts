import type { Language } from '@fabrique/contract'

/** A count with the separators of the language. */
export function formatCount(value: number, language: Language): string {
  return new Intl.NumberFormat(language).format(value)
}

/** A share or score with three decimals. */
export function formatScore(value: number | string, language: Language): string {
  if (typeof value === 'string') return value
  return new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value)
}

/** Bytes in the unit that leaves up to three digits before the point. */
export function formatBytes(bytes: number, language: Language): string {
  const units = language === 'fr' ? ['o', 'ko', 'Mo', 'Go', 'To'] : ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)} ${units[unit]}`
}

/** A moment in the time zone of the terminal, to the minute. */
export function formatMoment(at: string, language: Language): string {
  return new Intl.DateTimeFormat(language === 'fr' ? 'fr' : 'en-GB', { dateStyle: 'short', timeStyle: 'short' }).format(
    new Date(at),
  )
}
