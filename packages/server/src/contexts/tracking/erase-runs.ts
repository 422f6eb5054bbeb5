import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { markErased } from '../lineage/index.js'
import { checkedExperimentId } from './checks.js'
import { lockExperiment } from './experiment-store.js'
import { runRef } from './run-lineage.js'

/** Points erased by one statement, and chunks of them. */
const pieceSize = 20_000
const chunksPieceSize = 100

export interface ErasedRun {
  readonly run_id: string
  readonly artifact_uri: string
}

/**
 * Erases deleted runs with all but their files and points, in the transaction of `ctx`; active ones and ids that do not exist
 * are left out. The points, which nothing can reach any more, go with `erasePoints`; the files are the caller's to remove.
 */
export async function eraseRuns(ctx: VerbContext, ids: readonly string[]): Promise<readonly ErasedRun[]> {
  const { rows: gone } = await sql<ErasedRun>`
    select id as run_id, artifact_uri from runs
    where id = any(${[...ids]}::text[]) and lifecycle_stage = 'deleted' order by id for update
  `.execute(ctx.db)
  const these = gone.map(({ run_id }) => run_id)
  await sql`
    with series as (delete from metric_series where run_id = any(${these}::text[]) returning id),
      noted as (insert into erased_series (series_id) select id from series),
      tags as (delete from run_tags where run_id = any(${these}::text[])),
      values as (delete from params where run_id = any(${these}::text[])),
      inputs as (delete from run_inputs where run_id = any(${these}::text[])),
      models as (delete from run_models where run_id = any(${these}::text[])),
      measures as (delete from logged_model_metrics where run_id = any(${these}::text[]))
    select 1
  `.execute(ctx.db)
  await sql`delete from runs where id = any(${these}::text[])`.execute(ctx.db)
  await markErased(ctx, these.map(runRef))
  return gone
}

/**
 * Erases the points of series whose runs are gone, in pieces that each commit: to be called again after a crash. Several
 * processes may do it at once. Gives how many points went.
 */
export async function erasePoints(ctx: VerbContext): Promise<number> {
  let total = 0
  for (;;) {
    const { rows } = await sql<{ points: number; is_over: boolean }>`
      with taken as (select series_id from erased_series order by series_id limit 1 for update skip locked),
        piece as (
          select m.ctid from metrics m join taken on taken.series_id = m.series_id limit ${pieceSize}
        ), gone as (delete from metrics m using piece where m.ctid = piece.ctid returning 1),
        chunks as (
          select c.ctid from metric_chunks c join taken on taken.series_id = c.series_id limit ${chunksPieceSize}
        ), gone_chunks as (delete from metric_chunks c using chunks where c.ctid = chunks.ctid returning c.point_count),
        counted as (
          select (select count(*) from gone) as rows, count(*) as chunks, coalesce(sum(point_count), 0)::bigint as chunk_points
          from gone_chunks
        ), done as (
          delete from erased_series e using taken, counted
          where e.series_id = taken.series_id and counted.rows < ${pieceSize} and counted.chunks < ${chunksPieceSize}
        )
      select counted.rows + counted.chunk_points as points, not exists (select from taken) as is_over from counted
    `.execute(ctx.db)
    total += rows[0]?.points ?? 0
    if (rows[0]?.is_over !== false) return total
  }
}

/**
 * Erases an experiment that is deleted and has no runs, logged models or traces left, in the transaction of `ctx`: its name is
 * free. The default experiment stays. Throws `experiment_not_found`, `experiment_not_deleted`.
 */
export async function eraseExperiment(ctx: VerbContext, id: string): Promise<void> {
  const number = checkedExperimentId(id)
  if ((await lockExperiment(ctx, id)) !== 'deleted')
    throw new FabriqueError('experiment_not_deleted', { experiment: id })
  await sql`delete from tracked_datasets where experiment_id = ${number}::bigint`.execute(ctx.db)
  if (BigInt(number) === 0n) return
  await sql`delete from experiment_tags where experiment_id = ${number}::bigint`.execute(ctx.db)
  await sql`delete from experiments where id = ${number}::bigint`.execute(ctx.db)
}
