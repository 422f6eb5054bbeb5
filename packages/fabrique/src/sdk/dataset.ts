import type { BadRowPolicy, DatasetDefinition, SourceDefinition } from '@fabrique/contract'
import type { Column } from './columns.js'
import type { Expected } from './expect.js'

type Columns = Readonly<Record<string, Column>>
type NameOf<Declared extends Columns> = keyof Declared & string

/** One column of a declared data set. */
export interface ColumnReference<Name extends string = string, Value = unknown> {
  readonly dataset: string
  readonly name: Name
  /** Only for the type checker: never set. */
  readonly value?: Value
}

type ValueOf<Declared> = Declared extends Column<infer Value> ? Value : never

/** A declared data set; its columns are known to the type checker. */
export interface Dataset<Declared extends Columns = Columns> {
  readonly kind: 'dataset'
  readonly definition: DatasetDefinition
  column<Name extends NameOf<Declared>>(name: Name): ColumnReference<Name, ValueOf<Declared[Name]>>
  columns<Name extends NameOf<Declared>>(...names: readonly Name[]): readonly ColumnReference<Name>[]
}

/**
 * What becomes of rows that do not parse or break the declared columns: `block` refuses the ingest, `quarantine` sets them aside up to a
 * share of all rows, `warn` sets aside any number. None is dropped.
 */
export type BadRows = 'block' | 'warn' | { readonly quarantine: number }

export interface MirrorOptions {
  /** `public` by default. */
  readonly schema?: string
  readonly table: string
  /** Newest snapshots that stay in the table; 12 by default. */
  readonly keep?: number
}

/** A name of the declared columns; any name where none is declared. */
type NameIn<Declared extends Columns> = string extends keyof Declared
  ? string
  : [keyof Declared] extends [never]
    ? string
    : NameOf<Declared>

export interface DatasetOptions<Declared extends Columns> {
  readonly description?: string
  /** Types are enforced for these columns; the types of others are inferred. */
  readonly columns?: Declared
  /** Column or columns that name a row: no two rows have the same. */
  readonly key?: NameIn<Declared> | readonly NameIn<Declared>[]
  /** Column with the moment of a row. */
  readonly time?: NameIn<Declared>
  /** `block` by default. */
  readonly badRows?: BadRows
  /** A PostgreSQL table that each snapshot is copied to, with its date. */
  readonly mirror?: MirrorOptions
  readonly expect?: readonly Expected<NameIn<Declared>>[]
}

function policyOf(badRows: BadRows): BadRowPolicy {
  return typeof badRows === 'string' ? { mode: badRows } : { mode: 'quarantine', max_share: badRows.quarantine }
}

/** Declares a data set: where it comes from, what its columns are and what has to hold before anything uses it. */
export function dataset<const Declared extends Columns = Record<never, Column>>(
  name: string,
  source: SourceDefinition,
  options: DatasetOptions<Declared> = {},
): Dataset<Declared> {
  const declared: Columns = options.columns ?? {}
  const { description, key = [], time, badRows = 'block', mirror, expect = [] } = options
  return {
    kind: 'dataset',
    definition: {
      name,
      source,
      ...(description === undefined ? {} : { description }),
      columns: Object.fromEntries(Object.entries(declared).map(([column, { definition }]) => [column, definition])),
      key: typeof key === 'string' ? [key] : [...key],
      ...(time === undefined ? {} : { time }),
      bad_rows: policyOf(badRows),
      ...(mirror === undefined
        ? {}
        : { mirror: { schema: mirror.schema ?? 'public', table: mirror.table, keep: mirror.keep ?? 12 } }),
      expectations: expect.map(({ expectation }) => ({ severity: 'critical', ...expectation })),
    },
    column: (column) => ({ dataset: name, name: column }),
    columns: (...columns) => columns.map((column) => ({ dataset: name, name: column })),
  }
}
