import { openFileEngine } from '../../../platform/plain-files/index.js'
import type { DriftOptions } from './compare-sides.js'
import type { ComparedTables } from './compare-tables.js'

const loadComparing = () => import('./comparing.js')

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
const flags = { columns: '--column', types: '--type', methods: '--method', embeddings: '--embedding' }

/**
 * Compares two plain files, without a server. Errors: `file_not_found`, `file_unreadable`, `file_format_unknown`, `invalid_request` for a
 * column that neither file has, for a method that there is not, and for an embedding whose columns are another's or its name a column's.
 */
export async function driftFiles({
  reference,
  current,
  threads,
  tempFolder,
  ...options
}: DriftFilesInput): Promise<DriftOfFiles> {
  const { signal, methods = new Map(), embeddings = new Map() } = options
  // What there is not is told before anything is read.
  if (methods.size > 0) (await loadComparing()).assertMethods(flags.methods, methods, embeddings)
  const engine = await openFileEngine({ threads, ...(tempFolder === undefined ? {} : { tempFolder }) })
  try {
    const compared = engine.use(
      reference,
      (first, one) =>
        engine.use(
          current,
          async (second, other) => {
            const { compareSides, tableSide } = await comparing
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
    // The engine begins in threads of its own: what compares is loaded meanwhile.
    const comparing = loadComparing()
    return await compared
  } finally {
    await engine.close()
  }
}
