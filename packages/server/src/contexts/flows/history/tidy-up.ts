import { sql } from 'kysely'
import { type Db, inTransaction, type VerbContext } from '../../../platform/index.js'
import { purgeFolder } from '../../artifacts/index.js'
import { markErased } from '../../lineage/index.js'
import { filesKeyOf, flowFilesFolder } from './flow-files.js'

export interface FlowRetention {
  /** Days that ended runs are kept; 0 keeps them for ever. */
  readonly runsKeptDays: number
  /** Days that their logs are kept; 0 keeps them as long as the runs. */
  readonly logsKeptDays: number
}

const linesAtOnce = 20_000
const runsAtOnce = 200
const resultsAtOnce = 10_000

/** Removes what has outlived its time: logs and runs that are over, results that are not used again, workers that ended. */
export async function tidyUpFlows(ctx: VerbContext, { runsKeptDays, logsKeptDays }: FlowRetention): Promise<void> {
  const { db } = ctx
  const daysAgo = (days: number) => (days === 0 ? undefined : new Date(ctx.clock.now().getTime() - days * 86_400_000))
  const runsBefore = daysAgo(runsKeptDays)
  const logsBefore = daysAgo(logsKeptDays) ?? runsBefore
  // Logs first, piece by piece: with its lines gone, a run is removed quickly.
  if (logsBefore !== undefined) await removeLogs(db, latest(logsBefore, runsBefore))
  if (runsBefore !== undefined) await removeRuns(ctx, runsBefore)
  await repeat(resultsAtOnce, () =>
    affected(
      db,
      sql`delete from flow_cache where key in (
        select key from flow_cache where expires_at < clock_timestamp() limit ${resultsAtOnce}
      )`,
    ),
  )
  await affected(db, sql`delete from flow_workers where ended_at < clock_timestamp() - interval '7 days'`)
}

const latest = (one: Date, other: Date | undefined) => (other !== undefined && other > one ? other : one)

async function removeLogs(db: Db, before: Date): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ run_id: string }>`
      select counted.run_id from flow_log_counts counted join flow_runs run on run.id = counted.run_id
      where run.ended_at < ${before} limit ${runsAtOnce}
    `.execute(db)
    const runs = rows.map(({ run_id }) => run_id)
    if (runs.length === 0) return
    await repeat(linesAtOnce, () =>
      affected(
        db,
        sql`delete from flow_logs where (run_id, position) in (
          select run_id, position from flow_logs where run_id = any(${runs}::text[]) limit ${linesAtOnce}
        )`,
      ),
    )
    await affected(db, sql`delete from flow_log_counts where run_id = any(${runs}::text[])`)
  }
}

/**
 * Kept are the newest run of the loop of each model, which tells how the model came to be, and what an open run may still look at: the
 * child that it waited for.
 */
async function removeRuns(ctx: VerbContext, before: Date): Promise<void> {
  const { db } = ctx
  let last = new Date(0)
  for (;;) {
    const { rows } = await sql<{ id: string; ended_at: Date; is_needed: boolean }>`
      select run.id, run.ended_at, (
        run.model is not null and not exists (
          select from flow_runs newer where newer.project = run.project and newer.flow = run.flow and newer.model = run.model
            and (newer.scheduled_for, newer.id) > (run.scheduled_for, run.id)
        ) or run.origin = 'flow' and exists (
          select from flow_runs parent where parent.id = run.origin_of and parent.ended_at is null
        )
      ) as is_needed
      from flow_runs run where run.ended_at >= ${last} and run.ended_at < ${before} order by run.ended_at limit ${runsAtOnce}
    `.execute(db)
    const ids = rows.filter(({ is_needed }) => !is_needed).map(({ id }) => id)
    if (ids.length > 0) {
      // Files first: of a run that is gone nobody would know them.
      await removeFiles(ctx, ids)
      await forgetReports(ctx, ids)
      await affected(db, sql`delete from flow_runs where id = any(${ids}::text[])`)
    }
    const newest = rows.at(-1)
    if (newest === undefined || rows.length < runsAtOnce) return
    // Where all of them are kept, the look goes on behind them.
    last = new Date(newest.ended_at.getTime() + (ids.length === 0 ? 1 : 0))
  }
}

async function removeFiles(ctx: VerbContext, runs: readonly string[]): Promise<void> {
  // By their paths: of a step that was cut off before it told of them, or told too much, nothing else names them.
  const { rows } = await sql<{ folder: string }>`
    select folder from unnest(${runs.map(flowFilesFolder)}::text[]) as asked (folder)
    where exists (select from artifacts where path > folder || '/' and path < folder || '0')
  `.execute(ctx.db)
  for (const { folder } of rows) await inTransaction(ctx, (inner) => purgeFolder(inner, folder))
}

async function forgetReports(ctx: VerbContext, runs: readonly string[]): Promise<void> {
  const { rows } = await sql<{ run_id: string; name: string }>`
    select run_id, name from flow_steps where run_id = any(${[...runs]}::text[]) and kind = 'drift'
  `.execute(ctx.db)
  const reports = rows.map(({ run_id, name }) => ({
    kind: 'drift_report' as const,
    id: `${run_id}/${filesKeyOf(name)}`,
  }))
  await inTransaction(ctx, (inner) => markErased(inner, reports))
}

async function affected(db: Db, statement: ReturnType<typeof sql>): Promise<number> {
  const { numAffectedRows } = await statement.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** Deletes in pieces until one is not full, so that no transaction is long. */
async function repeat(full: number, piece: () => Promise<number>): Promise<void> {
  while ((await piece()) === full);
}
