import { FabriqueError } from '@fabrique/contract/client'
import {
  calibratedMethods,
  type DriftKind,
  type DriftMode,
  driftMethod,
  driftMethodNames,
  driftSettings,
} from '@fabrique/ml/drift'
import { openFileEngine } from '../../../platform/plain-files/index.js'
import { type ComparedTables, compareTables } from './compare-tables.js'
import { openSide } from './side.js'

/** Two plain files and how they are compared. */
export interface DriftFilesInput {
  /** CSV, Parquet, JSON or NDJSON. */
  readonly reference: string
  readonly current: string
  readonly mode: DriftMode
  /** Types by column, where the one that the values suggest is not meant. */
  readonly types?: ReadonlyMap<string, DriftKind>
  /** Names of methods by column. */
  readonly methods?: ReadonlyMap<string, string>
  /** Share of columns from which the data as a whole drifts; that of the mode without it. */
  readonly shareMin?: number | undefined
  /** Calibrated: probability of an alarm with nothing changed; smallest difference that matters. */
  readonly level?: number | undefined
  readonly effectMin?: number | undefined
  /** Rows that each side needs. */
  readonly rowsMin?: number | undefined
  readonly threads: number
  /** Folder for temporary files; that of the system unless told. */
  readonly tempFolder?: string
  readonly onColumn?: (name: string, done: number, total: number) => void
  readonly signal?: AbortSignal
}

export type DriftOfFiles = ComparedTables

/**
 * Compares two plain files, without a server. Errors: `file_not_found`, `file_unreadable`, `file_format_unknown`, `invalid_request` for a
 * column that neither file has and for a method that there is not.
 */
export async function driftFiles(input: DriftFilesInput): Promise<DriftOfFiles> {
  const { types = new Map(), methods = new Map(), mode, signal, onColumn, shareMin } = input
  assertMethods(methods)
  const engine = await openFileEngine({
    threads: input.threads,
    ...(input.tempFolder === undefined ? {} : { tempFolder: input.tempFolder }),
  })
  const settings = driftSettings(mode, {
    ...(input.level === undefined ? {} : { level: input.level }),
    ...(input.effectMin === undefined ? {} : { effectMin: input.effectMin }),
    ...(input.rowsMin === undefined ? {} : { rowsMin: input.rowsMin }),
  })
  try {
    return await engine.use(
      input.reference,
      (first, reference) =>
        engine.use(
          input.current,
          async (second, current) => {
            const sides = {
              reference: await openSide(first, reference),
              current: await openSide(second, current),
            }
            for (const [flag, names] of [
              ['--type', types],
              ['--method', methods],
            ] as const) {
              for (const name of names.keys()) {
                if (!sides.reference.columns.has(name) && !sides.current.columns.has(name))
                  throw unknownColumn(flag, name)
              }
            }
            return compareTables({
              ...sides,
              settings,
              types,
              methods,
              ...(shareMin === undefined ? {} : { shareMin }),
              ...(onColumn === undefined ? {} : { onColumn }),
              ...(signal === undefined ? {} : { signal }),
            })
          },
          signal,
        ),
      signal,
    )
  } finally {
    await engine.close()
  }
}

function assertMethods(methods: ReadonlyMap<string, string>): void {
  const own: readonly string[] = Object.values(calibratedMethods)
  for (const method of methods.values()) {
    if (driftMethod(method) !== undefined || own.includes(method)) continue
    const names = driftMethodNames.join(', ')
    throw new FabriqueError(
      'invalid_request',
      {
        field: '--method',
        reason: `there is no method ${JSON.stringify(method)}; there are ${names}`,
        reason_fr: `il n’y a pas de méthode ${JSON.stringify(method)}\u202f; il y a ${names}`,
      },
      { field: '--method' },
    )
  }
}

function unknownColumn(flag: string, name: string): FabriqueError<'invalid_request'> {
  return new FabriqueError(
    'invalid_request',
    {
      field: flag,
      reason: `neither file has a column ${JSON.stringify(name)}`,
      reason_fr: `aucun des fichiers n’a de colonne ${JSON.stringify(name)}`,
    },
    { field: flag },
  )
}
