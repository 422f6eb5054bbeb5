import type { Run } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'

export type ColumnGroup = 'general' | 'params' | 'metrics'

export interface RunColumn {
  readonly id: string
  readonly group: ColumnGroup
  readonly label: string
  readonly isNumber: boolean
  /** What is sorted and exported. */
  readonly value: (run: Run) => string | number | undefined
}

const numberOrText = (text: string | undefined): string | number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) ? value : text
}

/** The columns that every run has. */
export function generalColumns(t: Catalogue): readonly RunColumn[] {
  const column = (id: string, label: string, value: RunColumn['value'], isNumber = false): RunColumn => ({
    id,
    group: 'general',
    label,
    isNumber,
    value,
  })
  return [
    column('status', t.runs.status, (run) => run.status),
    column('name', t.runs.name, (run) => run.name),
    column('started', t.runs.started, (run) => run.started_at),
    column('duration', t.runs.duration, (run) => run.duration_ms, true),
    column('user', t.runs.user, (run) => run.user),
  ]
}

const names = (runs: readonly Run[], of: (run: Run) => object): readonly string[] =>
  [...new Set(runs.flatMap((run) => Object.keys(of(run))))].sort()

export function paramColumns(runs: readonly Run[]): readonly RunColumn[] {
  return names(runs, (run) => run.params).map((name) => ({
    id: `params.${name}`,
    group: 'params',
    label: name,
    isNumber: runs.every((run) => typeof (numberOrText(run.params[name]) ?? 0) === 'number'),
    value: (run) => numberOrText(run.params[name]),
  }))
}

/** The metrics that people look at first, then the others by name. */
const firstMetrics = ['accuracy', 'f1_macro']

export function metricColumns(runs: readonly Run[]): readonly RunColumn[] {
  const known = names(runs, (run) => run.metrics)
  const ordered = [
    ...firstMetrics.filter((name) => known.includes(name)),
    ...known.filter((name) => !firstMetrics.includes(name)),
  ]
  return ordered.map((name) => ({
    id: `metrics.${name}`,
    group: 'metrics',
    label: name,
    isNumber: true,
    value: (run) => run.metrics[name]?.value,
  }))
}

const defaultParams = 3
const defaultMetrics = 3

/** What is shown before anything is chosen: all that is general, the parameters that vary, the first metrics. */
export function defaultColumnIds(columns: readonly RunColumn[], runs: readonly Run[]): readonly string[] {
  const varies = ({ value }: RunColumn) => new Set(runs.map(value)).size > 1
  const ids = (group: ColumnGroup) => columns.filter((column) => column.group === group)
  return [
    ...ids('general'),
    ...ids('params').filter(varies).slice(0, defaultParams),
    ...ids('metrics').slice(0, defaultMetrics),
  ].map(({ id }) => id)
}

/** Numbers before text, each in its order; used for every column. */
export function compareValues(first: string | number | undefined, second: string | number | undefined): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second
  if (typeof first === 'number') return -1
  if (typeof second === 'number') return 1
  return String(first).localeCompare(String(second), undefined, { numeric: true })
}
