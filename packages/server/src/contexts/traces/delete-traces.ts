import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { deleteArtifact } from '../artifacts/index.js'
import { artifactFolderOf } from '../tracking/index.js'
import { checkedExperimentId } from './checks.js'
import { traceTags } from './model.js'
import { Int64, Text } from './schema.js'

const Selection = z.object({
  experiment_id: Text,
  /** Traces that started at that moment or before. */
  max_timestamp_ms: Int64.optional(),
  max_traces: z.number().int().min(0).optional(),
  trace_ids: z.array(Text).optional(),
})
type Selection = z.output<typeof Selection>

interface DeletedTrace {
  readonly id: string
  readonly artifact_location: string | null
}

/** The oldest traces of a selection, with their spans, in one transaction. */
const deleteSomeTraces = changeVerb({
  name: 'traces.delete_some_traces',
  permission: 'traces.write',
  input: Selection.extend({ count: z.number().int() }),
  async run({ ctx, input, record, unchanged }): Promise<readonly DeletedTrace[]> {
    const deleted = await deleteRows(ctx, input, input.count)
    if (deleted.length === 0) unchanged()
    else {
      await record({
        subject: `experiments/${input.experiment_id}`,
        event: 'traces.deleted',
        payload: { experiment_id: input.experiment_id, count: deleted.length },
      })
    }
    return deleted
  },
})

async function deleteRows(ctx: VerbContext, input: Selection, count: number): Promise<readonly DeletedTrace[]> {
  const conditions = [
    sql`experiment_id = ${input.experiment_id}::bigint`,
    ...(input.max_timestamp_ms === undefined ? [] : [sql`request_ms <= ${input.max_timestamp_ms}`]),
    ...(input.trace_ids === undefined ? [] : [sql`id = any(${input.trace_ids}::text[])`]),
  ]
  const { rows: chosen } = await sql<{ id: string }>`
    select id from (
      select id, request_ms from traces where ${sql.join(conditions, sql` and `)} order by request_ms, id limit ${count}
    ) oldest order by id
  `.execute(ctx.db)
  if (chosen.length === 0) return []
  const ids = chosen.map(({ id }) => id)
  // Locked in the order of ids, as exports of spans lock them; then nobody adds a span to what goes.
  await sql`select id from traces where id = any(${ids}::text[]) order by id for update`.execute(ctx.db)
  const { rows } = await sql<DeletedTrace>`
    with spans as (delete from trace_spans where trace_id = any(${ids}::text[]))
    delete from traces where id = any(${ids}::text[])
    returning id, tags ->> ${traceTags.artifactLocation}::text as artifact_location
  `.execute(ctx.db)
  return rows
}

/**
 * Deletes traces of an experiment for good, with their spans, assessments and files, the oldest first and in batches.
 * Returns how many. Throws `mlflow_invalid_value` unless it is said which.
 */
export const deleteTraces = taskVerb({
  name: 'traces.delete_traces',
  permission: 'traces.write',
  input: Selection,
  async run({ ctx, input }): Promise<number> {
    checkedExperimentId(input.experiment_id)
    const byTime = input.max_timestamp_ms !== undefined
    const byId = input.trace_ids !== undefined
    if (byTime === byId) {
      const reason = 'Exactly one of `max_timestamp_millis` and `trace_ids` must be specified'
      throw invalidValue('max_timestamp_millis', input.max_timestamp_ms, reason)
    }
    if (byId && input.max_traces !== undefined) {
      throw invalidValue('max_traces', input.max_traces, '`max_traces` cannot be specified with `trace_ids`')
    }
    return deleteInBatches(ctx, input, input.max_traces ?? Number.MAX_SAFE_INTEGER)
  },
})

async function deleteInBatches(ctx: VerbContext, selection: Selection, max: number): Promise<number> {
  let total = 0
  while (total < max) {
    const count = Math.min(limit('traces.deleted_at_once'), max - total)
    const deleted = await deleteSomeTraces({ ctx, input: { ...selection, count } })
    total += deleted.length
    for (const trace of deleted) {
      const folder = trace.artifact_location === null ? undefined : artifactFolderOf(trace.artifact_location)
      // Only folders of traces: the tag could name any other.
      if (folder?.endsWith(`/traces/${trace.id}/artifacts`)) await deleteArtifact({ ctx, input: { path: folder } })
    }
    if (deleted.length < count) break
  }
  return total
}

/** Erases all traces of experiments that go for good, in batches. Returns how many. For the trash. */
export async function purgeTraces(ctx: VerbContext, experimentIds: readonly string[]): Promise<number> {
  let total = 0
  for (const experiment_id of experimentIds) {
    total += await deleteInBatches(ctx, { experiment_id: checkedExperimentId(experiment_id) }, Number.MAX_SAFE_INTEGER)
  }
  return total
}
