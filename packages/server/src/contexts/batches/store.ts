import type { Batch, Job } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

export interface BatchRow {
  readonly id: string
  readonly model: string
  readonly version: number
  readonly project: string
  readonly snapshot_id: string
  readonly dataset: string
  readonly job_id: string
  readonly result_snapshot_id: string | null
  /** Whole numbers of 64 bits come as texts. */
  readonly row_count: string | null
  readonly rejected_count: string | null
  readonly seconds: number | null
  readonly rejected_sha256: string | null
  readonly created_at: Date
  readonly created_by: string
}

type BatchTables = { batches: { -readonly [Column in keyof BatchRow]: BatchRow[Column] } }

export const batchTables = (ctx: VerbContext) => ctx.db.withTables<BatchTables>()

export function toBatch(row: BatchRow, { state }: Pick<Job, 'state'>): Batch {
  const { result_snapshot_id, row_count, rejected_count, seconds } = row
  const [rows, rejected] = [Number(row_count ?? 0), Number(rejected_count ?? 0)]
  return {
    id: row.id,
    model: row.model,
    version: String(row.version),
    project: row.project,
    snapshot_id: row.snapshot_id,
    dataset: row.dataset,
    job_id: row.job_id,
    state,
    ...(result_snapshot_id === null
      ? {}
      : {
          result: {
            snapshot_id: result_snapshot_id,
            rows,
            predicted: rows - rejected,
            rejected,
            seconds: seconds ?? 0,
          },
        }),
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
  }
}
