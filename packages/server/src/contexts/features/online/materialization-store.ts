import type { Language, Materialization } from '@fabrique/contract'
import { fromJsonb, type VerbContext } from '../../../platform/index.js'
import { type StoredError, tellStoredError } from '../../jobs/index.js'
import type { AppliedView } from '../registry/model.js'

type MaterializationTables = {
  materializations: {
    id: string
    project: string
    view: string
    version: number
    state: Materialization['state']
    mode: Materialization['mode']
    since: Date | null
    until: Date
    parts_done: number
    keys_written: number
    keys_older: number
    snapshot_id: string | null
    snapshots: string | null
    parts: number | null
    job_id: string
    round: number
    error: string | null
    started_at: Date
    ended_at: Date | null
  }
}

/** What is to be brought to the online store, by which job. */
export interface MaterializeView {
  readonly view: AppliedView
  readonly job: string
  /** How often the job has begun with it. */
  readonly round: number
  readonly full: boolean
  readonly start: Date | undefined
  readonly end: Date | undefined
}

export const materializationTables = (ctx: VerbContext) => ctx.db.withTables<MaterializationTables>()

export interface MaterializationRow {
  readonly id: string
  readonly project: string
  readonly view: string
  readonly version: number
  readonly state: Materialization['state']
  readonly mode: Materialization['mode']
  readonly since: Date | null
  readonly until: Date
  readonly parts_done: number
  readonly keys_written: number
  readonly keys_older: number
  readonly snapshot_id: string | null
  readonly snapshots: unknown
  readonly parts: number | null
  readonly job_id: string
  /** The driver parses jsonb. */
  readonly error: unknown
  readonly started_at: Date
  readonly ended_at: Date | null
}

export function toMaterialization(row: MaterializationRow, language: Language): Materialization {
  return {
    id: row.id,
    project: row.project,
    view: row.view,
    version: row.version,
    state: row.state,
    mode: row.mode,
    ...(row.since === null ? {} : { from: row.since.toISOString() }),
    until: row.until.toISOString(),
    keys_written: row.keys_written,
    keys_older: row.keys_older,
    ...(row.snapshot_id === null ? {} : { snapshot_id: row.snapshot_id }),
    job_id: row.job_id,
    ...(row.error === null ? {} : { error: tellStoredError(fromJsonb<StoredError>(row.error), language) }),
    started_at: row.started_at.toISOString(),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
  }
}
