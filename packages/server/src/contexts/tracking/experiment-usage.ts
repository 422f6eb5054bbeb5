import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

export interface ExperimentUsage {
  readonly run_count: number
  readonly deleted_run_count: number
  readonly metric_points: number
  /** Addresses of the files of deleted runs and logged models, at most 10,000. */
  readonly deleted_uris: readonly string[]
}

/** What the tables of an experiment hold; the caller has made sure who asks. */
export async function usageOfExperiment(ctx: VerbContext, experimentId: string): Promise<ExperimentUsage> {
  const { rows } = await sql<Omit<ExperimentUsage, 'deleted_uris'> & { deleted_uris: string[] | null }>`
    select
      (select count(*)::int from runs where experiment_id = ${experimentId}::bigint and lifecycle_stage = 'active') as run_count,
      (select count(*)::int from runs where experiment_id = ${experimentId}::bigint and lifecycle_stage = 'deleted') as deleted_run_count,
      (select coalesce(sum(point_count), 0)::bigint from metric_series where experiment_id = ${experimentId}::bigint) as metric_points,
      (select array_agg(artifact_uri) from (
        select artifact_uri from runs where experiment_id = ${experimentId}::bigint and lifecycle_stage = 'deleted'
        union all select artifact_uri from logged_models where experiment_id = ${experimentId}::bigint and lifecycle_stage = 'deleted'
        limit 10000
      ) d) as deleted_uris
  `.execute(ctx.db)
  const row = rows[0]
  return {
    run_count: row?.run_count ?? 0,
    deleted_run_count: row?.deleted_run_count ?? 0,
    metric_points: row?.metric_points ?? 0,
    deleted_uris: row?.deleted_uris ?? [],
  }
}
