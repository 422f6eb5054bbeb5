import { FabriqueError } from '@fabrique/contract/client'
import {
  calibratedMethods,
  type DriftKind,
  type DriftMode,
  driftMethod,
  driftMethodNames,
  driftSettings,
  embeddingMethodNames,
  isEmbeddingMethod,
} from '@fabrique/ml/drift'
import { type ComparedTables, compareTables } from './compare-tables.js'
import { assertColumns, assertNames, type EmbeddingOf, resolveEmbeddings } from './embeddings.js'
import type { Side } from './side.js'

/** How two tables are compared. */
export interface DriftOptions {
  readonly mode: DriftMode
  /** Columns that are compared; all of both sides without, but for those of embeddings. */
  readonly columns?: readonly string[] | undefined
  /** Where none are named: of these, but for those of embeddings. */
  readonly among?: readonly string[] | undefined
  /** Columns that are one vector, by the name of the embedding. */
  readonly embeddings?: ReadonlyMap<string, EmbeddingOf> | undefined
  /** Types by column, where the one that the values suggest is not meant. */
  readonly types?: ReadonlyMap<string, DriftKind> | undefined
  /** Names of methods by column or embedding. */
  readonly methods?: ReadonlyMap<string, string> | undefined
  /** By column or embedding, in the mode of Evidently. */
  readonly thresholds?: ReadonlyMap<string, number> | undefined
  /** Share of columns from which the data as a whole drifts; that of the mode without it. */
  readonly shareMin?: number | undefined
  /** Calibrated: probability of an alarm with nothing changed; smallest difference that matters. */
  readonly level?: number | undefined
  readonly effectMin?: number | undefined
  /** Rows that each side needs. */
  readonly rowsMin?: number | undefined
  readonly onColumn?: ((name: string, done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How the options are called where they are given, for refusals. */
export interface OptionNames {
  readonly columns: string
  readonly types: string
  readonly methods: string
  readonly embeddings: string
}

const plainNames: OptionNames = { columns: 'columns', types: 'types', methods: 'methods', embeddings: 'embeddings' }

/**
 * Compares both sides. Errors: `invalid_request` for a column that neither side has and for a method that there is not, where a column has
 * been named.
 */
export async function compareSides(
  sides: { readonly reference: Side; readonly current: Side },
  options: DriftOptions,
  names: OptionNames = plainNames,
): Promise<ComparedTables> {
  const { types = new Map(), methods = new Map(), columns, thresholds, shareMin, onColumn, signal } = options
  const given: ReadonlyMap<string, EmbeddingOf> = options.embeddings ?? new Map()
  const embeddings = resolveEmbeddings(given, sides)
  assertMethods(names.methods, methods, given)
  assertColumns(embeddings, names.embeddings)
  for (const [field, named] of [
    [names.columns, columns ?? []],
    [names.types, types.keys()],
    [names.methods, [...methods.keys()].filter((name) => !given.has(name))],
  ] as const) {
    for (const name of named) {
      if (!sides.reference.columns.has(name) && !sides.current.columns.has(name)) throw unknownColumn(field, name)
    }
  }
  const { level, effectMin, rowsMin } = options
  const settings = driftSettings(options.mode, {
    ...(level === undefined ? {} : { level }),
    ...(effectMin === undefined ? {} : { effectMin }),
    ...(rowsMin === undefined ? {} : { rowsMin }),
  })
  const parts = new Set(embeddings.flatMap((embedding) => embedding.columns))
  const isWhole = (name: string) => !parts.has(name)
  const only = columns ?? options.among?.filter(isWhole)
  const there = [...sides.reference.columns.keys(), ...sides.current.columns.keys()]
  assertNames(embeddings, only ?? there.filter(isWhole), names.embeddings)
  return compareTables({
    ...sides,
    settings,
    types,
    methods,
    embeddings,
    ...(only === undefined ? {} : { only }),
    ...(thresholds === undefined ? {} : { thresholds }),
    ...(shareMin === undefined ? {} : { shareMin }),
    ...(onColumn === undefined ? {} : { onColumn }),
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Throws `invalid_request` for a name of a method that there is not, and for one that does not take vectors of an embedding. */
export function assertMethods(
  field: string,
  methods: Iterable<readonly [string, string]>,
  embeddings: { has(name: string): boolean },
): void {
  const own: readonly string[] = Object.values(calibratedMethods)
  for (const [name, method] of methods) {
    const isVector = embeddings.has(name)
    if (isVector ? isEmbeddingMethod(method) : driftMethod(method) !== undefined || own.includes(method)) continue
    const names = (isVector ? embeddingMethodNames : driftMethodNames).join(', ')
    const [of, de] = isVector ? [' of vectors', ' de vecteurs'] : ['', '']
    throw new FabriqueError(
      'invalid_request',
      {
        field,
        reason: `there is no method ${JSON.stringify(method)}${of}; there are ${names}`,
        reason_fr: `il n’y a pas de méthode ${JSON.stringify(method)}${de}\u202f; il y a ${names}`,
      },
      { field },
    )
  }
}

function unknownColumn(field: string, name: string): FabriqueError<'invalid_request'> {
  return new FabriqueError(
    'invalid_request',
    {
      field,
      reason: `neither side has a column ${JSON.stringify(name)}`,
      reason_fr: `aucun des deux côtés n’a de colonne ${JSON.stringify(name)}`,
    },
    { field },
  )
}
