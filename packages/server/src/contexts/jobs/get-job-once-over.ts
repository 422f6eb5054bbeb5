import type { Job } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { getJob } from './get-job.js'
import type { JobWakeUps } from './job-wake-ups.js'
import { language } from './start-job.js'

/** A wake-up may be lost: so often a job is looked at all the same. */
const lookEveryMs = 500

/** A job once it is over, or as it is when the time is up. Throws `job_not_found`. */
export const getJobOnceOver = readVerb({
  name: 'jobs.get_job_once_over',
  permission: 'jobs.read',
  input: z.object({
    job: z.string(),
    wait_ms: z.number().min(0),
    language,
    wakeUps: z.custom<JobWakeUps>().optional(),
  }),
  async run({ ctx, input }): Promise<Job> {
    const { wait_ms: waitMs, wakeUps, ...asked } = input
    const endMs = ctx.clock.monotonicMs() + waitMs
    const wakeUp = waitMs > 0 ? wakeUps?.of(input.job) : undefined
    try {
      for (;;) {
        const job = await getJob({ ctx, input: asked })
        const leftMs = endMs - ctx.clock.monotonicMs()
        if ((job.state !== 'queued' && job.state !== 'running') || leftMs <= 0) return job
        await within(Math.min(leftMs, lookEveryMs), wakeUp?.next())
      }
    } finally {
      wakeUp?.end()
    }
  },
})

/** Ends with the promise, or when the time is up. */
function within(waitMs: number, promise: Promise<void> = new Promise(() => {})): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs)
    promise.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
