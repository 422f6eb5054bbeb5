import type { FeatureSpec } from '@fabrique/contract'
import type { Format } from '../../i18n/format.js'
import type { Value } from './explain-figures.js'
import type { ExplainTexts } from './explain-texts.js'

/** What is needed to write values of a column as people read them. */
interface Reading {
  readonly type: FeatureSpec['type'] | undefined
  readonly words: Pick<ExplainTexts['waterfall'], 'missing' | 'yes' | 'no'>
  readonly f: Format
}

/** A value of a column; moments come as milliseconds or as ISO 8601 texts. */
export function valueText(value: Value, { type, words, f }: Reading): string {
  if (value === null) return words.missing
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (type === 'timestamp') {
    const moment = typeof value === 'number' ? value : Date.parse(value)
    return Number.isNaN(moment) ? String(value) : f.dayUtc(moment)
  }
  return typeof value === 'number' ? f.exact(Number(value.toPrecision(5))) : value
}

/** A number with its sign, as of a difference. */
export function signedText(value: number, f: Format): string {
  const sign = value > 0 ? '+' : value < 0 ? '\u2212' : ''
  return `${sign}${f.metric(Math.abs(value))}`
}
