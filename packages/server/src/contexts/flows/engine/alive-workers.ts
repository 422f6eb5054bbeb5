import { z } from 'zod'
import { readVerb } from '../../../platform/index.js'
import { workerLock } from './leases.js'
import { query } from './statements.js'

const alive = `
  select w.id from flow_workers w join pg_locks l
    on l.locktype = 'advisory' and l.classid = ${workerLock} and l.objsubid = 2 and l.granted
   and l.objid::bigint = hashtext(w.id)::bigint & 4294967295 and l.database = (select oid from pg_database where datname = current_database())
  where w.ended_at is null and w.lease_until > clock_timestamp() order by w.id`

/** The workers that live: PostgreSQL drops the lock of one the moment its process dies. */
export const listAliveWorkers = readVerb({
  name: 'flows.list_alive_workers',
  permission: 'flows.read',
  input: z.object({}),
  async run({ ctx }): Promise<readonly string[]> {
    const rows = await query<{ id: string }>(ctx.db, alive, [])
    return rows.map(({ id }) => id)
  },
})
