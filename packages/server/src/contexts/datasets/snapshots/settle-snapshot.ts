import { z } from 'zod'
import type { JobHandler } from '../../jobs/index.js'
import { ensureProfile } from './ensure-profile.js'
import { mirrorIfDeclared } from './mirror-snapshot.js'

const MadeSnapshot = z.object({ snapshot_id: z.string() })

/**
 * A job that makes a snapshot, with what follows: the figures of the snapshot, and its copy in the mirror of its data set. The snapshot is
 * complete before; where the mirror is refused the job fails, and the next one tries again.
 */
export function settled(handler: JobHandler): JobHandler {
  return async (job) => {
    const result = await handler(job)
    const made = MadeSnapshot.safeParse(result)
    if (made.success) {
      const { snapshot_id: snapshot } = made.data
      job.report({ stage: 'profile' })
      await ensureProfile({ ctx: job.ctx, input: { snapshot } })
      await mirrorIfDeclared(job.ctx, snapshot)
    }
    return result
  }
}
