import { openFileEngine } from '../../../platform/plain-files/index.js'
import { assertMethods, compareSides, type DriftOptions } from './compare-sides.js'
import type { ComparedTables } from './compare-tables.js'
import { tableSide } from './side.js'

/** Two plain files and how they are compared. */
export interface DriftFilesInput extends DriftOptions {
  /** CSV, Parquet, JSON or NDJSON. */
  readonly reference: string
  readonly current: string
  readonly threads: number
  /** Folder for temporary files; that of the system unless told. */
  readonly tempFolder?: string
}

export type DriftOfFiles = ComparedTables

/** As the command line calls them. */
const flags = { columns: '--column', types: '--type', methods: '--method' }

/**
 * Compares two plain files, without a server. Errors: `file_not_found`, `file_unreadable`, `file_format_unknown`, `invalid_request` for a
 * column that neither file has and for a method that there is not.
 */
export async function driftFiles({
  reference,
  current,
  threads,
  tempFolder,
  ...options
}: DriftFilesInput): Promise<DriftOfFiles> {
  assertMethods(flags.methods, options.methods?.values() ?? [])
  const engine = await openFileEngine({ threads, ...(tempFolder === undefined ? {} : { tempFolder }) })
  const { signal } = options
  try {
    return await engine.use(
      reference,
      (first, one) =>
        engine.use(
          current,
          async (second, other) => {
            const [before, now] = await Promise.all([
              tableSide(first, { ...one, isText: one.format === 'csv' }),
              tableSide(second, { ...other, isText: other.format === 'csv' }),
            ])
            return compareSides({ reference: before, current: now }, options, flags)
          },
          signal,
        ),
      signal,
    )
  } finally {
    await engine.close()
  }
}
