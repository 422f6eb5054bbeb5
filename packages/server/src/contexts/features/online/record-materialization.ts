import { isFabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { canonicalJson, limit } from '../../../kernel/index.js'
import { changeVerb, fromJsonb, type VerbContext } from '../../../platform/index.js'
import { getJob, type StoredError } from '../../jobs/index.js'
import { recordLineage } from '../../lineage/index.js'
import { type KeyType, viewThing } from '../registry/model.js'
import { type MaterializationRow, type MaterializeView, materializationTables } from './materialization-store.js'
import { makeReadable, numberVersion, type OnlineVersion } from './version-store.js'
import { keepStatistics, type ViewFigures } from './view-statistics.js'

/** Writes that a view is being materialised, or finds what an earlier attempt of the job wrote. */
export async function beginMaterialization(
  ctx: VerbContext,
  { view, job, round, full, start, end }: MaterializeView,
  snapshots: Readonly<Record<string, string>>,
): Promise<{ readonly row: MaterializationRow; readonly online: OnlineVersion }> {
  const { project, name, version } = view
  const online = await numberVersion(ctx, { project, view: name, version })
  const isSame = online.snapshots !== null && canonicalJson(online.snapshots) === canonicalJson({ ...snapshots })
  const isFull = full || online.until === null
  const now = ctx.clock.now()
  const [only, ...others] = Object.values(snapshots)
  const row = await materializationTables(ctx)
    .insertInto('materializations')
    .values({
      id: ctx.ids.prefixed('mat'),
      project,
      view: name,
      version,
      state: 'running',
      mode: isFull ? 'full' : 'incremental',
      since: start ?? (isFull || !isSame ? null : online.until),
      until: end ?? now,
      parts: null,
      parts_done: 0,
      keys_written: 0,
      keys_older: 0,
      snapshot_id: others.length === 0 ? (only ?? null) : null,
      snapshots: JSON.stringify(snapshots),
      job_id: job,
      round,
      error: null,
      started_at: now,
      ended_at: null,
    })
    .onConflict((conflict) =>
      // One that has succeeded is not done again.
      conflict.columns(['job_id', 'view', 'version', 'round']).doUpdateSet({
        state: sql<
          'succeeded' | 'running'
        >`case when materializations.state = 'succeeded' then 'succeeded' else 'running' end`,
        error: null,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return { row, online }
}

/** Closes what jobs left open that were given up, since nobody begins them again. */
export async function closeAbandoned(ctx: VerbContext, { view, job }: MaterializeView): Promise<void> {
  const open = await materializationTables(ctx)
    .selectFrom('materializations')
    .select(['id', 'job_id'])
    .where('project', '=', view.project)
    .where('view', '=', view.name)
    .where('state', '=', 'running')
    .where('job_id', '!=', job)
    .execute()
  for (const { id, job_id } of open) {
    const found = await getJob({ ctx, input: { job: job_id } }).catch((error: unknown) => {
      if (isFabriqueError(error) && error.code === 'job_not_found') return undefined
      throw error
    })
    if (found?.state === 'queued' || found?.state === 'running') continue
    const error: StoredError = { code: 'job_abandoned', params: { job: job_id, attempts: found?.attempts ?? 0 } }
    const state = found?.state === 'cancelled' ? 'cancelled' : 'failed'
    await failMaterialization({ ctx, input: { id, state, error } })
  }
}

/** Writes that everything up to a moment is in the store: reads may see the version from now on. */
export const endMaterialization = changeVerb({
  name: 'features.end_materialization',
  permission: 'features.write',
  input: z.object({
    id: z.string(),
    online: z.number(),
    keys: z.number(),
    newestEventUs: z.number().optional(),
    keyTypes: z.custom<Readonly<Record<string, KeyType>>>(),
    statistics: z.custom<ViewFigures>(),
  }),
  async run({ ctx, input, record }): Promise<MaterializationRow> {
    const now = ctx.clock.now()
    const row = await materializationTables(ctx)
      .updateTable('materializations')
      .set({ state: 'succeeded', ended_at: now })
      .where('id', '=', input.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const event = input.newestEventUs === undefined ? null : new Date(Math.floor(input.newestEventUs / 1_000))
    const types = JSON.stringify(input.keyTypes)
    // What begins later than the end of the last one leaves a gap: then nobody can say that everything is there.
    const isWhole = sql`(${row.since}::timestamptz is null or online_versions.until >= ${row.since}::timestamptz)`
    await sql`
      update online_versions set
        until = case when ${isWhole} then greatest(until, ${row.until}::timestamptz) else until end,
        snapshots = case when ${isWhole} then ${JSON.stringify(fromJsonb(row.snapshots))}::jsonb else snapshots end,
        snapshot_id = ${row.snapshot_id}, newest_event = greatest(newest_event, ${event}::timestamptz), keys = ${input.keys},
        key_types = ${types}::jsonb, ended_at = ${now}
      where id = ${input.online}
    `.execute(ctx.db)
    await makeReadable(ctx, input.online)
    await forgetOld(ctx, row)
    await keepStatistics(ctx, row, { ...input.statistics, keys: input.keys, newestEvent: event })
    const { project, view, version } = row
    const thing = viewThing({ project, name: view, version })
    await recordLineage(ctx, {
      things: [{ ...thing, keep: true }],
      steps: Object.values(fromJsonb<Record<string, string>>(row.snapshots)).map((id) => ({
        from: { kind: 'snapshot', id },
        to: thing,
        relation: 'read',
      })),
    })
    await record({
      subject: `feature_views/${project}/${view}`,
      event: 'feature_view.materialized',
      payload: { project, view, version, state: 'succeeded' },
    })
    return row
  },
})

/** Removes what is older than the materialisations that are kept of a view. */
async function forgetOld(ctx: VerbContext, { project, view }: MaterializationRow): Promise<void> {
  await sql`
    delete from materializations where id in (
      select id from materializations where project = ${project} and view = ${view} and ended_at is not null
      order by started_at desc, id desc offset ${limit('features.records_kept')}
    )
  `.execute(ctx.db)
}

export const failMaterialization = changeVerb({
  name: 'features.fail_materialization',
  permission: 'features.write',
  input: z.object({ id: z.string(), state: z.enum(['failed', 'cancelled']), error: z.custom<StoredError>() }),
  async run({ ctx, input, record }): Promise<void> {
    const { project, view, version } = await materializationTables(ctx)
      .updateTable('materializations')
      .set({
        state: input.state,
        error: input.state === 'failed' ? JSON.stringify(input.error) : null,
        ended_at: ctx.clock.now(),
      })
      .where('id', '=', input.id)
      .returning(['project', 'view', 'version'])
      .executeTakeFirstOrThrow()
    await record({
      subject: `feature_views/${project}/${view}`,
      event: 'feature_view.materialized',
      payload: { project, view, version, state: input.state },
    })
  },
})
