import type { Run } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { Brush } from '../../routing/search-lists.js'
import { cellValue, metricColumn, paramColumn, type RunColumn } from './run-columns.js'

/** An axis over numbers, or over categories: then its values are places in `categories`. */
export interface ParallelAxis {
  readonly id: string
  readonly label: string
  readonly isLog: boolean
  /** Whether a log scale can show all of it. */
  readonly canLog: boolean
  readonly categories: readonly string[] | undefined
  readonly min: number
  readonly max: number
  /** The place of each run on it; undefined where the run has no value. */
  readonly values: readonly (number | undefined)[]
}

const categoriesMax = 20
const natural = new Intl.Collator('en', { numeric: true })

const numberOf = (value: string | number | undefined): number | undefined => {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  return value !== undefined && Number.isFinite(number) ? number : undefined
}

/** The columns that differ between the runs: parameters by name, then metrics by name. */
export function varyingColumns(runs: readonly Run[], t: Catalogue): readonly RunColumn[] {
  const names = (of: (run: Run) => object) =>
    [...new Set(runs.flatMap((run) => Object.keys(of(run))))].sort(natural.compare)
  const columns = [
    ...names((run) => run.params).map((key) => paramColumn(key, false)),
    ...names((run) => run.metrics).map((key) => metricColumn(key, 'last', t)),
  ]
  return columns.filter((column) => new Set(runs.map((run) => cellValue(run, column))).size > 1)
}

const defaultParams = 6
const defaultMetrics = 2

/** What stands side by side before anything is chosen: the parameters that vary, then metrics of the training. */
export function defaultAxes(columns: readonly RunColumn[]): readonly string[] {
  const params = columns.filter(({ kind }) => kind === 'param').slice(0, defaultParams)
  const metrics = columns
    .filter(({ kind, key }) => kind === 'metric' && !key.startsWith('system/'))
    .slice(0, defaultMetrics)
  return [...params, ...metrics].map(({ id }) => id)
}

interface AxisTexts {
  readonly missing: string
  readonly others: (count: number) => string
}

/** Makes the axis of a column. Whole values are the keys of categories: only what is shown of them may be cut. */
export function parallelAxis(
  runs: readonly Run[],
  column: RunColumn,
  wantsLog: boolean,
  texts: AxisTexts,
): ParallelAxis {
  const cells = runs.map((run) => cellValue(run, column))
  const numbers = cells.map(numberOf)
  const known = numbers.filter((value) => value !== undefined)
  const isNumeric =
    column.kind === 'metric' || cells.every((cell, index) => cell === undefined || numbers[index] !== undefined)
  const base = { id: column.id, label: column.label }
  if (isNumeric) {
    const [min, max] = [
      known.reduce((a, b) => Math.min(a, b), Infinity),
      known.reduce((a, b) => Math.max(a, b), -Infinity),
    ]
    const canLog = min > 0 && max > min
    return { ...base, canLog, isLog: wantsLog && canLog, categories: undefined, min, max, values: numbers }
  }
  const { categories, placeOf } = categoriesOf(
    cells.map((cell) => (cell === undefined ? texts.missing : String(cell))),
    texts,
  )
  const values = cells.map((cell) => placeOf(cell === undefined ? texts.missing : String(cell)))
  return { ...base, canLog: false, isLog: false, categories, min: 0, max: categories.length - 1, values }
}

/** At most twenty categories: the most frequent by name, and all others as one. */
function categoriesOf(cells: readonly string[], { others }: AxisTexts) {
  const counts = new Map<string, number>()
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1)
  const byCount = [...counts].sort((first, second) => second[1] - first[1]).map(([name]) => name)
  const kept = byCount.length > categoriesMax ? byCount.slice(0, categoriesMax - 1) : byCount
  const names = [...kept].sort(natural.compare)
  const rest = byCount.length - kept.length
  const categories = rest === 0 ? names : [...names, others(rest)]
  const places = new Map(names.map((name, index) => [name, index]))
  return { categories, placeOf: (name: string) => places.get(name) ?? names.length }
}

/** Which runs are inside every brush, by their place in the list. */
export function insideBrushes(
  axes: readonly ParallelAxis[],
  brushes: readonly Brush[],
  count: number,
): readonly number[] {
  const active = brushes.flatMap((brush) => {
    const axis = axes.find(({ id }) => id === brush.axis)
    return axis === undefined ? [] : [{ axis, min: brush.min ?? -Infinity, max: brush.max ?? Infinity }]
  })
  return Array.from({ length: count }, (_, index) => index).filter((index) =>
    active.every(({ axis, min, max }) => {
      const value = axis.values[index]
      return value !== undefined && value >= min && value <= max
    }),
  )
}

/** Brushes with one changed; without ends it is removed. */
export function changeBrush(brushes: readonly Brush[], brush: Brush): readonly Brush[] {
  const others = brushes.filter(({ axis }) => axis !== brush.axis)
  return brush.min === undefined && brush.max === undefined ? others : [...others, brush]
}

/** An axis one place to the left (-1) or right (1). */
export function moveAxis(ids: readonly string[], id: string, by: -1 | 1): readonly string[] {
  const from = ids.indexOf(id)
  const to = from + by
  if (from < 0 || to < 0 || to >= ids.length) return ids
  const moved = ids.filter((other) => other !== id)
  return [...moved.slice(0, to), id, ...moved.slice(to)]
}
