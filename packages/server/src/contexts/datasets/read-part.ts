import { dirname } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type BareNote, type ColumnType, FabriqueError, type SourceFormat } from '@fabrique/contract'
import type { PartColumn, RowRules } from './read-rows.js'

/** A file of a source that is to become a part of a snapshot. */
export interface PartRequest {
  readonly connection: DuckDBConnection
  readonly path: string
  /** As people know it. */
  readonly name: string
  readonly rules: RowRules
  /** Wider types for columns that are not declared, as other parts need them. */
  readonly forced: ReadonlyMap<string, ColumnType>
  /** Beginning of the paths of the files that are written for this part. */
  readonly target: string
  readonly signal: AbortSignal | undefined
  readonly report: (bytes: number, rows?: number) => void
}

/** Like {@link PartRequest}, with how the bytes are to be read. */
export interface FormatRequest<Format extends SourceFormat['format']> extends PartRequest {
  readonly format: Extract<SourceFormat, { format: Format }>
}

/** What a file became. Good and rejected rows together are all rows of the file. */
export interface ReadPart {
  /** Parquet file with the good rows. */
  readonly parquet: string
  readonly columns: readonly PartColumn[]
  readonly goodCount: number
  readonly rejectedCount: number
  /** Parquet file with the rejected rows, where there are any. */
  readonly quarantine?: string
  readonly warnings: readonly BareNote[]
}

/** An error of the engine or the disk as one of the catalogue; those of the catalogue and an abort stay. */
export function unreadable(
  error: unknown,
  { name, rules, signal, target }: Pick<PartRequest, 'name' | 'rules' | 'signal' | 'target'>,
): unknown {
  if (error instanceof FabriqueError || signal?.aborted === true) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || /No space left/i.test(message)) {
    return new FabriqueError('disk_full', { folder: dirname(target) }, { cause: error })
  }
  const reason = message.split('\n').slice(0, 2).join(' ').slice(0, 300)
  const names = { path: name, dataset: rules.dataset.name, reason }
  return new FabriqueError('source_unreadable', names, { cause: error })
}
