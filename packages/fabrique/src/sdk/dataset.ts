import type { DatasetDefinition, SourceDefinition } from '@fabrique/contract'
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

export interface DatasetOptions<Declared extends Columns> {
  readonly description?: string
  /** Types are enforced for these columns; the types of others are inferred. */
  readonly columns: Declared
  readonly expect?: readonly Expected<NameOf<Declared>>[]
}

/** Declares a data set: where it comes from, what its columns are and what has to hold before anything uses it. */
export function dataset<const Declared extends Columns>(
  name: string,
  source: SourceDefinition,
  options: DatasetOptions<Declared>,
): Dataset<Declared> {
  return {
    kind: 'dataset',
    definition: {
      name,
      source,
      ...(options.description === undefined ? {} : { description: options.description }),
      columns: Object.fromEntries(Object.entries(options.columns).map(([key, { definition }]) => [key, definition])),
      expectations: (options.expect ?? []).map(({ expectation }) => expectation),
    },
    column: (column) => ({ dataset: name, name: column }),
    columns: (...columns) => columns.map((column) => ({ dataset: name, name: column })),
  }
}
