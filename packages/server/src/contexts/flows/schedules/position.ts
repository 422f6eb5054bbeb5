import type { EventPosition, VerbContext } from '../../../platform/index.js'
import { query } from '../engine/statements.js'

const newest = `select tx || '.' || id as position from events order by tx desc, id desc limit 1`

/** The place of the newest event that is committed: what commits from now on comes after it. */
export async function newestEventPosition(ctx: VerbContext): Promise<EventPosition> {
  const [row] = await query<{ position: EventPosition }>(ctx.db, newest, [])
  return row?.position ?? '0.0'
}
