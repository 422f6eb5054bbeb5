import {
  FabriqueError,
  type Rollout,
  type RolloutCheck,
  type RolloutEntry,
  type RolloutVariant,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../platform/index.js'

interface StoredRollout {
  readonly id: string
  readonly model: string
  readonly kind: Rollout['kind']
  readonly state: Rollout['state']
  readonly request: unknown
  readonly variants: unknown
  readonly step: number
  readonly step_at: Date
  readonly started_at: Date
  readonly started_by: string
  readonly ended_at: Date | null
  readonly ended_by: string | null
}

const columns = sql`id, model, kind, state, request, variants, step, step_at, started_at, started_by, ended_at, ended_by`

function toRollout(row: StoredRollout): Rollout {
  return {
    id: row.id,
    model: row.model,
    kind: row.kind,
    state: row.state,
    variants: fromJsonb(row.variants),
    step: row.step,
    step_at: row.step_at.toISOString(),
    request: fromJsonb(row.request),
    started_at: row.started_at.toISOString(),
    started_by: row.started_by,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
    ...(row.ended_by === null ? {} : { ended_by: row.ended_by }),
  }
}

/** Throws `rollout_running` where the model has one. */
export async function insertRollout(ctx: VerbContext, one: Rollout): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    insert into rollouts (id, model, kind, state, request, variants, step, step_at, started_at, started_by)
    values (${one.id}, ${one.model}, ${one.kind}, ${one.state}, ${JSON.stringify(one.request)}, ${JSON.stringify(one.variants)},
      ${one.step}, ${one.step_at}, ${one.started_at}, ${one.started_by})
    on conflict (model) where ended_at is null do nothing
    returning id`.execute(ctx.db)
  if (rows.length === 0) throw new FabriqueError('rollout_running', { model: one.model })
}

/** Throws `rollout_not_found`. `lock` keeps others from changing it until the transaction ends. */
export async function selectRollout(ctx: VerbContext, id: string, lock = false): Promise<Rollout> {
  const { rows } = await sql<StoredRollout>`
    select ${columns} from rollouts where id = ${id} ${lock ? sql`for update` : sql``}`.execute(ctx.db)
  const [row] = rows
  if (row === undefined) throw new FabriqueError('rollout_not_found', { rollout: id })
  return toRollout(row)
}

/** Those that share requests at the moment, of all models. */
export async function selectRunning(ctx: VerbContext): Promise<readonly Rollout[]> {
  const { rows } = await sql<StoredRollout>`
    select ${columns} from rollouts where ended_at is null order by model limit 10000`.execute(ctx.db)
  return rows.map(toRollout)
}

export interface RolloutSearch {
  readonly model?: string | undefined
  /** No others than of these; absent for all. */
  readonly models?: ReadonlySet<string> | undefined
  readonly state?: Rollout['state'] | undefined
  readonly after?: { readonly at: Date; readonly id: string } | undefined
  readonly limit: number
}

/** Newest first. */
export async function selectRollouts(ctx: VerbContext, search: RolloutSearch): Promise<readonly Rollout[]> {
  const { model = null, models, state = null, after, limit } = search
  const { rows } = await sql<StoredRollout>`
    select ${columns} from rollouts
    where (${model}::text is null or model = ${model}) and (${state}::text is null or state = ${state})
      and ${models === undefined ? sql`true` : sql`model = any(${[...models]}::text[])`}
      and ${after === undefined ? sql`true` : sql`(started_at, id) < (${after.at}, ${after.id})`}
    order by started_at desc, id desc limit ${limit}`.execute(ctx.db)
  return rows.map(toRollout)
}

export interface RolloutChange {
  readonly state?: Rollout['state']
  readonly variants?: readonly RolloutVariant[]
  /** Another one begins at this moment. */
  readonly step?: number
}

/** Changes a roll-out that runs. A state other than `running` ends it. */
export async function updateRollout(ctx: VerbContext, before: Rollout, change: RolloutChange): Promise<Rollout> {
  const at = ctx.clock.now()
  const state = change.state ?? before.state
  const isOver = state !== 'running'
  const { rows } = await sql<StoredRollout>`
    update rollouts set
      state = ${state},
      variants = ${JSON.stringify(change.variants ?? before.variants)},
      step = ${change.step ?? before.step},
      step_at = ${change.step === undefined ? new Date(before.step_at) : at},
      ended_at = ${isOver ? at : null},
      ended_by = ${isOver ? ctx.actor.id : null}
    where id = ${before.id} returning ${columns}`.execute(ctx.db)
  const [row] = rows
  if (row === undefined) throw new FabriqueError('rollout_not_found', { rollout: before.id })
  return toRollout(row)
}

export interface Entry {
  readonly what: RolloutEntry['what']
  readonly reason: string
  readonly checks?: readonly RolloutCheck[]
}

export async function insertEntry(ctx: VerbContext, rollout: Rollout, entry: Entry): Promise<void> {
  await sql`
    insert into rollout_log (rollout_id, at, actor, what, reason, variants, checks)
    values (${rollout.id}, ${ctx.clock.now()}, ${ctx.actor.id}, ${entry.what}, ${entry.reason},
      ${JSON.stringify(rollout.variants)}, ${JSON.stringify(entry.checks ?? [])})`.execute(ctx.db)
}

const entriesShownMax = 1000

export async function selectEntries(ctx: VerbContext, rollout: string): Promise<RolloutEntry[]> {
  const { rows } = await sql<{
    at: Date
    actor: string
    what: RolloutEntry['what']
    reason: string
    variants: unknown
    checks: unknown
  }>`
    select at, actor, what, reason, variants, checks from rollout_log where rollout_id = ${rollout}
    order by id desc limit ${entriesShownMax}`.execute(ctx.db)
  return rows.map(({ at, actor, what, reason, variants, checks }) => ({
    at: at.toISOString(),
    actor,
    what,
    reason,
    variants: fromJsonb(variants),
    checks: fromJsonb(checks),
  }))
}
