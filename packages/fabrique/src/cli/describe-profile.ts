import type { ColumnProfile, Json, Language, Profile } from '@fabrique/contract'
import pc from 'picocolors'
import { formatCount } from './format.js'
import { snapshotMessages } from './snapshot-messages.js'
import { table } from './table.js'

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** A histogram as one line of bars; an empty bin is a space. */
export function barsOf(counts: readonly number[]): string {
  const most = Math.max(...counts, 1)
  return counts
    .map((count) => (count === 0 ? ' ' : bars[Math.min(bars.length - 1, Math.floor((count / most) * bars.length))]))
    .join('')
}

const charsMax = 24

/** A value in few characters. */
export function shortValue(value: Json | undefined, language: Language): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') {
    return new Intl.NumberFormat(language, { maximumSignificantDigits: 5, useGrouping: false }).format(value)
  }
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ')
  const moment = text.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/, '$1 $2')
  return moment.length > charsMax ? `${moment.slice(0, charsMax - 1)}…` : moment
}

function valuesOf(column: ColumnProfile, language: Language): string {
  const texts = snapshotMessages(language)
  const short = (value: Json | undefined) => shortValue(value, language)
  const notFinite = column.not_finite === undefined ? [] : [texts.notFinite(column.not_finite)]
  if (column.mean !== undefined) {
    const deviation = column.std === undefined ? [] : [`${texts.deviation} ${short(column.std)}`]
    const range = `${short(column.min)} … ${short(column.max)}`
    return [range, `${texts.mean} ${short(column.mean)}`, ...deviation, ...notFinite].join(', ')
  }
  if (column.quantiles !== undefined) return [`${short(column.min)} … ${short(column.max)}`, ...notFinite].join(', ')
  const [...top] = (column.top ?? []).slice(0, 3)
  if (top.length > 0 && (top[0]?.count ?? 0) > 1) {
    return top.map(({ value, count }) => `${short(value)} ${pc.dim(`×${formatCount(count, language)}`)}`).join(', ')
  }
  if (column.length !== undefined) {
    return texts.lengths(formatCount(column.length.min, language), column.length.max)
  }
  return notFinite.join(', ')
}

function shapeOf(column: ColumnProfile): string {
  if (column.histogram !== undefined) return barsOf(column.histogram.counts)
  const counts = (column.top ?? []).map(({ count }) => count)
  return counts.length > 0 && (counts[0] ?? 0) > 1 ? barsOf(counts) : ''
}

/** A profile for the terminal: a line for each column. */
export function describeProfile(profile: Profile, language: Language): string {
  const texts = snapshotMessages(language)
  const count = (value: number) => formatCount(value, language)
  const rows = profile.columns.map((column) => {
    const shape = shapeOf(column)
    return [
      column.name,
      column.type,
      column.missing === 0 ? '' : pc.yellow(count(column.missing)),
      `${column.distinct_is_exact ? '' : '≈'}${count(column.distinct)}`,
      shape === '' ? '' : pc.cyan(shape),
      valuesOf(column, language),
    ]
  })
  const head = pc.bold(texts.countOfRows(profile.row_count, profile.columns.length))
  const duplicates = profile.duplicate_rows ?? 0
  const repeated = duplicates === 0 ? '' : `  ${pc.yellow(texts.duplicates(duplicates))}`
  const header = [texts.column, texts.type, texts.missing, texts.distinct, texts.shape, texts.values]
  return `${head}${repeated}\n\n${table(header, rows, [2, 3])}`
}
