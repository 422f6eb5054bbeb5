import type { FlowRun, Json } from '@fabrique/contract'
import type { Db } from '../../../platform/index.js'
import { takeSlots } from '../schedules/limits.js'
import type { ClaimedRun, KnownFlow } from './model.js'
import { recordStates } from './record-states.js'
import { notifyWatchers, query, transact } from './statements.js'
import { type EndedRow, toFinished } from './step-states.js'

/** Number of the advisory lock under which workers claim, one after the other. */
const claimLock = 7240

/** A run that this worker now has. */
export interface TakenRun {
  readonly run: ClaimedRun
  readonly flow: KnownFlow
  readonly crashes: number
  readonly isCancelled: boolean
  /** Time that is left to it; negative where it is over. */
  readonly leftMs: number | undefined
  /** Position of the next step that is new. */
  readonly position: number
  readonly isFirst: boolean
}

interface CandidateRow {
  readonly id: string
  readonly project: string
  readonly flow: string
  readonly is_first: boolean
}

interface ClaimedRow {
  readonly id: string
  readonly project: string
  readonly flow: string
  readonly version: string
  readonly params: Readonly<Record<string, Json>>
  readonly origin: FlowRun['origin']
  readonly event: Json | null
  readonly scheduled_for: Date
  readonly requested_by: string
  readonly attempt: number
  readonly epoch: number
  readonly crashes: number
  readonly cancel_requested: boolean
  readonly left_ms: number | null
}

// From an index each.
const someReady = (started: string) => `exists (
    select from unnest($1::text[], $2::text[], $3::text[]) as known (project, flow, version) join flow_runs run using (project, flow)
    where run.ready_at <= statement_timestamp() and run.started_at ${started} and (run.version is null or run.version = known.version)
  )`
const isAnyReady = `select ${someReady('is null')} or ${someReady('is not null')} as is_ready`

const countAtWork = `
  select known.project, known.flow, count(run.id)::integer as at_work
  from unnest($1::text[], $2::text[]) as known (project, flow)
  left join flow_runs run on run.project = known.project and run.flow = known.flow and run.started_at is not null and run.ended_at is null
  group by known.project, known.flow`

// For each flow its first ones, from an index each; a flow without room gives only runs that have begun: they have their place.
const candidatesOf = (started: string, most: string) => `(
      select id, priority, ready_at, ${started === 'is null'} as is_first from flow_runs run
      where run.project = known.project and run.flow = known.flow and run.ready_at <= statement_timestamp()
        and run.started_at ${started} and (run.version is null or run.version = known.version) and run.id <> all($6::text[])
      order by priority desc, ready_at, id limit ${most}
    )`
const findCandidates = `
  select candidate.id, known.project, known.flow, candidate.is_first
  from unnest($1::text[], $2::text[], $3::text[], $4::integer[]) as known (project, flow, version, room)
  cross join lateral (
    ${candidatesOf('is not null', '$5')} union all ${candidatesOf('is null', 'least(known.room, $5)')}
  ) as candidate
  order by candidate.priority desc, candidate.is_first, candidate.ready_at, candidate.id limit $5`

const claimThese = `
  update flow_runs as run set worker_id = $1, epoch = run.epoch + 1, ready_at = null, wait = null, waits_for_limit = null, waits_for_job = false,
    state_type = case when run.cancel_requested then 'CANCELLING' else 'RUNNING' end,
    state_name = case when run.cancel_requested then 'Cancelling' when run.attempt > 1 then 'Retrying' else 'Running' end,
    started_at = coalesce(run.started_at, clock_timestamp()), version = coalesce(run.version, chosen.version),
    deadline_at = coalesce(run.deadline_at, clock_timestamp() + chosen.timeout_ms * interval '1 ms')
  from unnest($2::text[], $3::text[], $4::bigint[]) as chosen (id, version, timeout_ms)
  where run.id = chosen.id and run.ready_at is not null and run.worker_id is null and run.ended_at is null
  returning run.id, run.project, run.flow, run.version, run.params, run.origin, run.event, run.scheduled_for,
    run.requested_by, run.attempt, run.epoch, run.crashes, run.cancel_requested,
    extract(epoch from run.deadline_at - clock_timestamp())::float8 * 1000 as left_ms`

const findSteps = `
  select run_id, name, position, ended_at is not null as is_over, state_type, state_name, result, error
  from flow_steps where run_id = any($1::text[]) order by position`

const keyOf = (of: { readonly project: string; readonly flow: string }) => `${of.project}/${of.flow}`

const findRoots = `
  with recursive came as (
    select id as run, origin, origin_of, scheduled_for from flow_runs where id = any($1::text[])
    union all
    select came.run, earlier.origin, earlier.origin_of, earlier.scheduled_for
    from came join flow_runs earlier on earlier.id = came.origin_of where came.origin = 'retry'
  )
  select run, origin_of as name, case when origin in ('schedule', 'backfill') then scheduled_for end as moment
  from came where origin in ('schedule', 'backfill', 'event', 'webhook') and origin_of is not null`

/** Which schedule or trigger runs stem from: what it gives them counts for their retries as well. */
async function rootsOf(tx: Db, claimed: readonly ClaimedRow[]): Promise<ReadonlyMap<string, ClaimedRun['startedBy']>> {
  const runs = claimed.filter(({ origin }) => origin !== 'manual' && origin !== 'flow').map(({ id }) => id)
  if (runs.length === 0) return new Map()
  const rows = await query<{ run: string; name: string; moment: Date | null }>(tx, findRoots, [runs])
  return new Map(rows.map(({ run, name, moment }) => [run, { name, ...(moment === null ? {} : { moment }) }]))
}

/** Takes at most `most` runs that are ready: by priority, what has begun before what has not, then those that wait longest. */
export async function claimRuns(
  db: Db,
  worker: string,
  known: readonly KnownFlow[],
  most: number,
): Promise<readonly TakenRun[]> {
  const columns = [known.map(({ project }) => project), known.map(({ flow }) => flow)]
  const [any] = await query<{ is_ready: boolean }>(db, isAnyReady, [...columns, known.map(({ version }) => version)])
  if (any?.is_ready !== true) return []
  return transact(db, async (tx) => {
    await query(tx, 'select pg_advisory_xact_lock($1)', [claimLock])
    // One that was taken for lost and does not know it yet would hold its runs for ever. The lock keeps it from being so until the commit.
    const alive = await query(tx, 'select 1 from flow_workers where id = $1 and ended_at is null for share', [worker])
    if (alive.length === 0) return []
    const chosen = await chooseRuns(tx, known, most)
    if (chosen.length === 0) return []
    const rows = await query<ClaimedRow>(tx, claimThese, [
      worker,
      chosen.map(({ id }) => id),
      chosen.map(({ known: { version } }) => version),
      chosen.map(({ known: { timeoutMs } }) => timeoutMs ?? null),
    ])
    const ids = rows.map(({ id }) => id)
    const steps = await query<EndedRow & { run_id: string; position: number; is_over: boolean }>(tx, findSteps, [ids])
    const roots = await rootsOf(tx, rows)
    const first = chosen.filter(({ id, isFirst }) => isFirst && ids.includes(id)).map(({ id }) => id)
    await recordStates(tx, first)
    await notifyWatchers(tx, ids)
    return rows.flatMap((row) => {
      const taken = chosen.find(({ id }) => id === row.id)
      if (taken === undefined) return []
      const own = steps.filter(({ run_id }) => run_id === row.id)
      const startedBy = roots.get(row.id)
      return {
        run: {
          id: row.id,
          project: row.project,
          flow: row.flow,
          version: row.version,
          params: row.params,
          origin: row.origin,
          ...(startedBy === undefined ? {} : { startedBy }),
          event: row.event ?? undefined,
          scheduledFor: row.scheduled_for,
          requestedBy: row.requested_by,
          attempt: row.attempt,
          epoch: row.epoch,
          finished: own.filter(({ is_over }) => is_over).map(toFinished),
        },
        flow: taken.known,
        crashes: row.crashes,
        isCancelled: row.cancel_requested,
        leftMs: row.left_ms ?? undefined,
        position: own.reduce((most, { position }) => Math.max(most, position + 1), 0),
        isFirst: taken.isFirst,
      }
    })
  })
}

interface ChosenRun {
  readonly id: string
  readonly known: KnownFlow
  readonly isFirst: boolean
}

/** Chooses in rounds: a flow whose room or slots are used up is left out of the next. */
async function chooseRuns(tx: Db, known: readonly KnownFlow[], most: number): Promise<readonly ChosenRun[]> {
  const room = await roomOf(tx, known)
  const full = new Set<string>()
  const seen: string[] = []
  const chosen: ChosenRun[] = []
  for (;;) {
    const open = known.filter((flow) => !full.has(keyOf(flow)))
    if (open.length === 0 || chosen.length === most) return chosen
    const asked = most - chosen.length
    const candidates = await query<CandidateRow>(tx, findCandidates, [
      open.map(({ project }) => project),
      open.map(({ flow }) => flow),
      open.map(({ version }) => version),
      open.map((flow) => room.get(keyOf(flow)) ?? most),
      asked,
      seen,
    ])
    for (const { id, is_first: isFirst, ...of } of candidates) {
      seen.push(id)
      const flow = open.find((one) => keyOf(one) === keyOf(of))
      if (flow === undefined || full.has(keyOf(of))) continue
      if (flow.limits !== undefined && flow.limits.length > 0) {
        const slots = await takeSlots(tx, { run: id, limits: flow.limits, countsRate: isFirst })
        if (!slots.taken) {
          full.add(keyOf(of))
          continue
        }
      }
      const left = room.get(keyOf(of))
      if (isFirst && left !== undefined) room.set(keyOf(of), left - 1)
      chosen.push({ id, known: flow, isFirst })
    }
    // Those were all that there are: what was left out is of flows that are full.
    if (candidates.length < asked) return chosen
  }
}

/** How many runs more of the flows that bound them may begin. */
async function roomOf(tx: Db, known: readonly KnownFlow[]): Promise<Map<string, number>> {
  const bounded = known.filter(({ concurrency }) => concurrency !== undefined)
  if (bounded.length === 0) return new Map()
  const rows = await query<{ project: string; flow: string; at_work: number }>(tx, countAtWork, [
    bounded.map(({ project }) => project),
    bounded.map(({ flow }) => flow),
  ])
  return new Map(
    bounded.map((flow) => {
      const atWork = rows.find((row) => keyOf(row) === keyOf(flow))?.at_work ?? 0
      return [keyOf(flow), Math.max(0, (flow.concurrency ?? 0) - atWork)]
    }),
  )
}
