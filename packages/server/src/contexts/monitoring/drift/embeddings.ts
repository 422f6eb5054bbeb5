import { FabriqueError } from '@fabrique/contract/client'
import { describeUntested, type Untested } from '@fabrique/ml/drift'
import type { VectorSource } from './read-vectors.js'
import type { Side } from './side.js'

/** What an embedding is made of: columns by name; a column of lists; or a pattern, where a star stands for a whole number. */
export type EmbeddingOf = string | readonly string[]

/** An embedding as both tables have it. */
export interface Embedding {
  readonly name: string
  /** Columns of it that a side has: they are not compared one by one. */
  readonly columns: readonly string[]
  /** Rows of which its fullest column has a value. */
  readonly filled: { readonly reference: number; readonly current: number }
  /** Why it cannot be compared. */
  readonly why?: Untested
  readonly source: VectorSource
}

type Sides = { readonly reference: Side; readonly current: Side }

/** Finds the columns of embeddings. Components go together by their names, wherever they stand. */
export function resolveEmbeddings(given: ReadonlyMap<string, EmbeddingOf>, sides: Sides): readonly Embedding[] {
  const found = [...given].map(([name, of]) => resolve(name, of, sides))
  return found.map((one) => {
    const others = new Set(found.filter((other) => other !== one).flatMap(({ columns }) => columns))
    const shared = one.columns.filter((column) => others.has(column))
    if (shared.length === 0) return one
    return { ...one, why: { state: 'not_testable', reason: 'shared_columns', columns: shared } }
  })
}

function resolve(name: string, of: EmbeddingOf, sides: Sides): Embedding {
  const { reference, current } = sides
  const isThere = (column: string) => reference.columns.has(column) || current.columns.has(column)
  if (typeof of === 'string' && (isThere(of) || !of.includes('*'))) {
    const held = [reference.columns.get(of), current.columns.get(of)]
    const isNumber = held.some((column) => column?.family === 'integer' || column?.family === 'number')
    return isNumber ? ofColumns(name, [of], sides) : ofList(name, of, sides)
  }
  const names = typeof of === 'string' ? matching(of, sides) : [...new Set(of)]
  if (names.length > 0) return ofColumns(name, names, sides)
  const columns = typeof of === 'string' ? [of] : []
  return {
    name,
    columns: [],
    filled: { reference: 0, current: 0 },
    why: { state: 'missing_column', side: 'both', columns },
    source: { kind: 'columns', names: [] },
  }
}

/** Columns of either side that a pattern means, by their numbers. */
function matching(pattern: string, { reference, current }: Sides): readonly string[] {
  const at = pattern.indexOf('*')
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)]
  const numberOf = (name: string) => {
    if (name.length <= before.length + after.length || !name.startsWith(before) || !name.endsWith(after))
      return undefined
    const middle = name.slice(before.length, name.length - after.length)
    return /^\d+$/.test(middle) ? Number(middle) : undefined
  }
  const all = new Set([...reference.columns.keys(), ...current.columns.keys()])
  return [...all]
    .flatMap((name) => {
      const number = numberOf(name)
      return number === undefined ? [] : [{ name, number }]
    })
    .sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
}

function ofColumns(name: string, names: readonly string[], sides: Sides): Embedding {
  const columns = names.filter((one) => sides.reference.columns.has(one) || sides.current.columns.has(one))
  const why = missingOf(names, sides) ?? noNumbers(names, sides)
  const source = { kind: 'columns', names } as const
  return { name, columns, filled: filledOf(columns, sides), source, ...(why === undefined ? {} : { why }) }
}

function ofList(name: string, column: string, sides: Sides): Embedding {
  const why = missingOf([column], sides)
  const columns = why?.state === 'missing_column' && why.side === 'both' ? [] : [column]
  const source = { kind: 'list', name: column } as const
  return { name, columns, filled: filledOf(columns, sides), source, ...(why === undefined ? {} : { why }) }
}

function filledOf(names: readonly string[], { reference, current }: Sides): Embedding['filled'] {
  const most = ({ columns }: Side) => names.reduce((rows, name) => Math.max(rows, columns.get(name)?.filled ?? 0), 0)
  return { reference: most(reference), current: most(current) }
}

function missingOf(names: readonly string[], { reference, current }: Sides): Untested | undefined {
  const gone = names.filter((name) => !current.columns.has(name))
  const fresh = names.filter((name) => !reference.columns.has(name))
  const nowhere = gone.filter((name) => fresh.includes(name))
  if (nowhere.length > 0) return { state: 'missing_column', side: 'both', columns: nowhere }
  if (gone.length > 0) return { state: 'missing_column', side: 'current', columns: gone }
  return fresh.length > 0 ? { state: 'missing_column', side: 'reference', columns: fresh } : undefined
}

/** A column without any value has no type. */
function noNumbers(names: readonly string[], { reference, current }: Sides): Untested | undefined {
  const isNoNumber = ({ columns }: Side, name: string) => {
    const column = columns.get(name)
    return column !== undefined && column.filled > 0 && column.family !== 'integer' && column.family !== 'number'
  }
  const columns = names.filter((name) => isNoNumber(reference, name) || isNoNumber(current, name))
  return columns.length > 0 ? { state: 'not_testable', reason: 'no_numbers', columns } : undefined
}

/** Throws `invalid_request` where an embedding is called as a column that is compared by itself: one name is one row of a report. */
export function assertNames(embeddings: readonly Embedding[], names: readonly string[], field: string): void {
  const taken = new Set(names)
  const twice = embeddings.find(({ name }) => taken.has(name))
  if (twice === undefined) return
  const name = JSON.stringify(twice.name)
  throw invalidEmbedding(field, {
    reason: `a column that is compared by itself is called ${name} as well; give the embedding another name`,
    reason_fr: `une colonne comparée pour elle-même s’appelle aussi ${name}\u202f; donnez un autre nom à l’embedding`,
  })
}

/** Throws `invalid_request` for columns that neither side has, and for those that are part of two: slips of the pen. */
export function assertColumns(embeddings: readonly Embedding[], field: string): void {
  for (const { name, why } of embeddings) {
    const isNowhere = why?.state === 'missing_column' && why.side === 'both'
    const isShared = why?.state === 'not_testable' && why.reason === 'shared_columns'
    if (!isNowhere && !isShared) continue
    const { en, fr } = describeUntested(why)
    throw invalidEmbedding(field, { reason: `${name}: ${en}`, reason_fr: `${name}\u202f: ${fr}` })
  }
}

function invalidEmbedding(
  field: string,
  why: { readonly reason: string; readonly reason_fr: string },
): FabriqueError<'invalid_request'> {
  return new FabriqueError('invalid_request', { field, ...why }, { field })
}
