import type { DuckDBConnection } from '@duckdb/node-api'
import type { ReportSide } from '@fabrique/contract'
import type { Side } from '../drift/side.js'
import { evenRows } from './even-rows.js'

/** Rows with what was predicted and, as far as it is known, what was right. */
export interface ScoredTable {
  readonly connection: DuckDBConnection
  /** What stands after `from`. */
  readonly table: string
  readonly prediction: string
  readonly truth: string
  /** Columns by class; empty where there are none. */
  readonly probabilities: ReadonlyMap<string, string>
  /** Columns by feature, where they stand under other names. */
  readonly features?: ReadonlyMap<string, string>
}

/** One side of a comparison, with its columns by what they are. */
export interface OpenedSide {
  readonly told: ReportSide
  readonly features: Side
  /** What was predicted; absent where nothing tells. */
  readonly prediction?: Picked | undefined
  /** What was right. */
  readonly target?: Picked | undefined
  readonly scored?: ScoredTable | undefined
  /** Rows of the data engine, for what counts whole rows; absent of a profile. */
  readonly rows?: { readonly connection: DuckDBConnection; readonly table: string } | undefined
}

/** Rows of a side, also where those that were read are a part of them: what people ask of rows is asked of these. */
export const rowsBehind = ({ rows, sampled_of: all = rows }: Pick<ReportSide, 'rows' | 'sampled_of'>): number => all

/** How many of the rows that were read stand for so many of a side. */
export function readFor(told: Pick<ReportSide, 'rows' | 'sampled_of'>, rows: number): number {
  const all = rowsBehind(told)
  return all <= told.rows ? rows : Math.ceil((rows * told.rows) / all)
}

/** A side of whose rows no more than so many are read whole, where performance is measured; it tells so. */
export function bounded(side: OpenedSide, rowsMax: number): OpenedSide {
  const { scored, told } = side
  if (scored === undefined || told.rows <= rowsMax) return side
  const table = evenRows(scored.table, { rows: told.rows, rowsMax })
  return { ...side, told: { ...told, scored_rows: rowsMax }, scored: { ...scored, table } }
}

/** A column of a side, and what people call it. */
export interface Picked {
  readonly side: Side
  readonly name: string
  readonly title: string
}

/** A column of a side if it is there. */
export function pick(side: Side, name: string | undefined, title: string | undefined = name): Picked | undefined {
  return name === undefined || title === undefined || !side.columns.has(name) ? undefined : { side, name, title }
}
