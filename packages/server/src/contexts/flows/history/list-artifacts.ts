import type { FlowArtifact } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb } from '../../../platform/index.js'
import { modelsToldOf } from './flow-files.js'
import { expectRun } from './list-steps.js'

interface SizeRow {
  readonly id: number
  /** Of the whole run. */
  readonly keys: number
  readonly bytes: number
}

interface ArtifactRow {
  readonly key: string
  readonly step: string | null
  readonly at: Date
  readonly content: FlowArtifact['content']
}

/**
 * What the steps of a run left to be looked at: of each key the newest, in the order in which keys were first used. What was too much to be
 * kept, or is for one answer, is counted. Who is limited to some models does not see what tells of others.
 */
export const listFlowArtifacts = readVerb({
  name: 'flows.list_flow_artifacts',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string() }),
  async run({ ctx, input }): Promise<{ items: FlowArtifact[]; left_out?: number }> {
    const { flow_run } = input
    await expectRun(ctx.db, flow_run)
    const sizes = await sql<SizeRow>`
      select id, bytes::float8 as bytes, (count(*) over ())::integer as keys from flow_artifacts where run_id = ${flow_run}
      order by id limit ${limit('flows.artifacts_shown_max')}
    `.execute(ctx.db)
    const dropped = await sql<{ count: number }>`
      select artifacts_dropped::float8 as count from flow_log_counts where run_id = ${flow_run}
    `.execute(ctx.db)
    const ids = fitting(sizes.rows, limit('flows.artifacts_shown_bytes_max'))
    const { rows } = await sql<ArtifactRow>`
      select key, step, at, content from unnest(${ids}::bigint[]) with ordinality as shown (id, place)
      join flow_artifacts using (id) where run_id = ${flow_run} order by place
    `.execute(ctx.db)
    const { models } = ctx.actor
    const isGranted = ({ content }: ArtifactRow) =>
      models === undefined || modelsToldOf(content).every((model) => models.has(model))
    const leftOut = (sizes.rows[0]?.keys ?? 0) - rows.length + (dropped.rows[0]?.count ?? 0)
    return {
      items: rows.filter(isGranted).map(({ key, step, at, content }) => ({
        key,
        ...(step === null ? {} : { step }),
        at: at.toISOString(),
        content,
      })),
      ...(leftOut === 0 ? {} : { left_out: leftOut }),
    }
  },
})

/** One that is too large leaves room for those after it. */
function fitting(sizes: readonly SizeRow[], bytesMax: number): number[] {
  const ids: number[] = []
  let left = bytesMax
  for (const { id, bytes } of sizes) {
    if (bytes > left) continue
    left -= bytes
    ids.push(id)
  }
  return ids
}
