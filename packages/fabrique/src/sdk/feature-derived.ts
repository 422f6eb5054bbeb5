import { createHash } from 'node:crypto'
import type { ColumnType } from '@fabrique/contract'

/** What a derived feature of a type may be; null is none. */
interface DerivedValue {
  readonly number: number
  readonly integer: number
  readonly text: string
  readonly category: string
  readonly boolean: boolean
  readonly timestamp: Date
  readonly date: string
}

/** A feature that is made from others of its view. */
export interface AnyDerived {
  readonly kind: 'derived'
  readonly type: ColumnType
  /** Those that are named in the SQL by default. */
  readonly inputs?: readonly string[]
  readonly sql?: string
  /** Digest of the text of the function. */
  readonly code?: string
  /** The function, which takes the inputs of one row. */
  readonly run?: unknown
}

/** A derived feature that needs a row of these inputs. */
export interface Derived<Row = unknown, Type extends ColumnType = ColumnType> extends AnyDerived {
  readonly type: Type
  /** Only for the type checker: never set. */
  readonly takes?: (row: Row) => void
}

/**
 * A feature that a function derives from others of its view. The function gets the inputs of one row, of which each may be null, and
 * nothing else may count: it runs where training sets and online values are made, never when a value is read. The inputs are numbers unless
 * its parameter says otherwise, as `({ plan }: { plan: string | null }) => …`. A change of its text makes a new version of the view.
 */
export function derive<
  const Inputs extends readonly string[],
  const Type extends ColumnType,
  Row extends { readonly [Name in Inputs[number]]: unknown } = { readonly [Name in Inputs[number]]: number | null },
>(inputs: Inputs, type: Type, run: (row: Row) => DerivedValue[Type] | null): Derived<Row, Type> {
  const code = createHash('sha256').update(run.toString()).digest('hex')
  return { kind: 'derived', type, inputs, code, run }
}

/** A feature that an expression of SQL (DuckDB) derives from others of its view, in the same row. Numbers by default. */
export function sql<const Type extends ColumnType = 'number'>(expression: string, type?: Type): Derived<unknown, Type> {
  // The default of the parameter is that of its type.
  return { kind: 'derived', type: type ?? ('number' as Type), sql: expression }
}

/** The names of a list that stand in an expression, in the order of the list. */
export function namedIn(expression: string, names: readonly string[]): readonly string[] {
  // What is quoted with single quotes is a text; with double quotes, a name.
  const bare = expression.replaceAll(/'(?:[^']|'')*'/g, ' ').replaceAll(/--[^\n]*/g, ' ')
  const words = new Set(
    [...bare.matchAll(/"((?:[^"]|"")*)"|([\p{L}_][\p{L}\p{N}_$]*)/gu)].map(([, quoted, word = '']) =>
      (quoted?.replaceAll('""', '"') ?? word).toLowerCase(),
    ),
  )
  return names.filter((name) => words.has(name.toLowerCase()))
}
