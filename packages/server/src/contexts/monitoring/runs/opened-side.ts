import type { DuckDBConnection } from '@duckdb/node-api'
import type { ReportSide } from '@fabrique/contract'
import type { Side } from '../drift/side.js'

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
