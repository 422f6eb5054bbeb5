import { FabriqueError, type FlowLimit, SetFlowLimit, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { limit as bound } from '../../../kernel/index.js'
import { changeVerb, readVerb, type VerbContext } from '../../../platform/index.js'
import { query } from '../engine/statements.js'
import { wakeWaiting } from './limits.js'

interface LimitRow {
  readonly name: string
  readonly slots: number
  readonly rate_takes: number | null
  readonly rate_per_ms: number | null
  readonly held: number
  readonly waiting: number
}

// Steps wait by name; runs that have not begun wait by being ready while their flow takes a slot of it.
const read = `
  select l.*, (select count(*)::integer from flow_limit_slots s where s.limit_name = l.name) as held,
    ((select count(*) from flow_runs r where r.waits_for_limit = l.name)
      + (select count(*) from flows f join flow_runs r on r.project = f.project and r.flow = f.name
          and r.ready_at is not null and r.started_at is null and r.worker_id is null and r.waits_for_limit is null
        where f.definition::jsonb->'limits' ? l.name and r.ready_at <= clock_timestamp()))::integer as waiting
  from flow_limits l where $1::text is null or l.name = $1 order by l.name`

function toFlowLimit({ name, slots, rate_takes, rate_per_ms, held, waiting }: LimitRow): FlowLimit {
  const rate = rate_takes === null || rate_per_ms === null ? undefined : { takes: rate_takes, per_ms: rate_per_ms }
  return { name, slots, ...(rate === undefined ? {} : { rate }), held, waiting }
}

async function readLimits(ctx: VerbContext, name: string | null): Promise<readonly FlowLimit[]> {
  const rows = await query<LimitRow>(ctx.db, read, [name])
  return rows.map(toFlowLimit)
}

/** Named limits with what holds them. */
export const listFlowLimits = readVerb({
  name: 'flows.list_flow_limits',
  permission: 'flows.read',
  input: z.object({}),
  run: ({ ctx }) => readLimits(ctx, null),
})

/** Sets the slots and the rate of a named limit; what now has a slot is made ready, what has one keeps it. */
export const setFlowLimit = changeVerb({
  name: 'flows.set_flow_limit',
  permission: 'flows.write',
  input: SetFlowLimit.extend({ limit: Slug }),
  async run({ ctx, input, record, unchanged }): Promise<FlowLimit> {
    const { limit, slots, rate } = input
    const known = await readLimits(ctx, null)
    if (known.length >= bound('flows.limits_max') && !known.some(({ name }) => name === limit)) {
      throw new FabriqueError('flow_limits_full', { max: bound('flows.limits_max') })
    }
    const changed = await query(
      ctx.db,
      `insert into flow_limits (name, slots, rate_takes, rate_per_ms) values ($1, $2, $3, $4)
       on conflict (name) do update set slots = excluded.slots, rate_takes = excluded.rate_takes, rate_per_ms = excluded.rate_per_ms
       where (flow_limits.slots, flow_limits.rate_takes, flow_limits.rate_per_ms)
         is distinct from (excluded.slots, excluded.rate_takes, excluded.rate_per_ms)
       returning name`,
      [limit, slots, rate?.takes ?? null, rate?.per_ms ?? null],
    )
    if (changed.length === 0) unchanged()
    else {
      await wakeWaiting(ctx.db, [limit])
      await record({ subject: `flow-limits/${limit}`, event: 'flow_limit.changed', payload: { limit, change: 'set' } })
    }
    const [set] = await readLimits(ctx, limit)
    if (set === undefined) throw new FabriqueError('flow_limit_not_found', { limit })
    return set
  },
})

/** Takes a named limit away: nothing waits for it any more. */
export const deleteFlowLimit = changeVerb({
  name: 'flows.delete_flow_limit',
  permission: 'flows.write',
  input: z.object({ limit: Slug }),
  async run({ ctx, input: { limit }, record }): Promise<void> {
    const gone = await query(ctx.db, 'delete from flow_limits where name = $1 returning name', [limit])
    if (gone.length === 0) throw new FabriqueError('flow_limit_not_found', { limit })
    await wakeWaiting(ctx.db, [limit])
    await record({
      subject: `flow-limits/${limit}`,
      event: 'flow_limit.changed',
      payload: { limit, change: 'deleted' },
    })
  },
})
