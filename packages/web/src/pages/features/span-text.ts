import type { Catalogue } from '../../i18n/catalogue.js'
import type { Format } from '../../i18n/format.js'

const units = [
  ['days', 86_400],
  ['hours', 3600],
  ['minutes', 60],
] as const

/** A span as it was declared: in the largest unit of which it is a whole number, as 45 d or 36 h. */
export function spanText(seconds: number, t: Pick<Catalogue, 'features'>, f: Format): string {
  for (const [unit, size] of units) {
    if (seconds % size === 0 && seconds >= size) return t.features.span[unit](f.integer(seconds / size))
  }
  return t.features.span.seconds(f.decimal(seconds))
}
