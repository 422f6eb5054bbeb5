import type {
  Language,
  MonitorCurrent,
  MonitorDefinition,
  MonitorReference,
  MonitorSeverity,
  MonitorState,
  ReportSide,
} from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import type { Actor } from '../../platform/index.js'

/** In which language what is read is told. */
export const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/** What a run is asked: the monitor as it was then, so that a change meanwhile concerns the next run only. */
export interface RunPlan {
  readonly monitor: string
  readonly project: string
  readonly definition: MonitorDefinition
  readonly reference: MonitorReference
  readonly current: MonitorCurrent
}

/** Whether a run was asked to compare other sides than those of its monitor: it tells of those, and nothing follows. */
export const isAside = ({ definition, reference, current }: RunPlan): boolean =>
  canonicalJson([reference, current]) !== canonicalJson([definition.reference, definition.current])

/** The severity of a state; undefined of those that are none. */
export function severityOf(state: MonitorState): MonitorSeverity | undefined {
  return state === 'warning' || state === 'alarm' ? state : undefined
}

const rank: Readonly<Record<MonitorSeverity, number>> = { warning: 1, alarm: 2 }

/** Whether something that is as bad as `severity` calls for what happens from `from` on. */
export function isFrom(severity: MonitorSeverity | undefined, from: MonitorSeverity): boolean {
  return severity !== undefined && rank[severity] >= rank[from]
}

export const worse = (a: MonitorSeverity, b: MonitorSeverity): MonitorSeverity => (rank[a] >= rank[b] ? a : b)

/** Models whose predictions some sides tell of. */
export function modelsOf(model: string | undefined, sides: readonly (ReportSide | undefined)[]): readonly string[] {
  return [...new Set([model, ...sides.map((side) => side?.model)].filter((name) => name !== undefined))].sort()
}

/** Who is limited to some models sees nothing that tells of another. `models` is a column with an array. */
export function grantedAll({ models }: Actor, column: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return models === undefined ? sql`true` : sql`${column} <@ ${[...models]}::text[]`
}

/** The same of a column with one model or none. */
export function grantedOne({ models }: Actor, column: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return models === undefined ? sql`true` : sql`(${column} is null or ${column} = any(${[...models]}::text[]))`
}

/** The data set that a monitor looks at; undefined of predictions. */
export const datasetOf = ({ current }: Pick<MonitorDefinition, 'current'>): string | undefined =>
  current.kind === 'snapshot' ? current.dataset : undefined

export const said = (sentence: Said, tongue: Language): string => sentence[tongue]
