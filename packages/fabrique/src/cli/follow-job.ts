import type { Job, JobProgress, Language } from '@fabrique/contract'
import { FabriqueError, isFabriqueError } from '@fabrique/contract/client'
import type { ApiClient } from '../client/index.js'
import { formatBytes } from './format.js'
import { jobChanges } from './job-changes.js'
import { messages } from './messages.js'
import { progressLines } from './progress-lines.js'
import { quickRoutes } from './quick-routes.js'

export interface FollowJobOptions {
  readonly language: Language
  /** True shows nothing while the job runs, as for `--json`. */
  readonly quiet?: boolean | undefined
}

/**
 * The server tells when the job changes. Where it does not, short work is seen at once all the same; the looks get rarer the longer it
 * takes, so that the last one is late by a small share of the time.
 */
const firstLookMs = 20
const lookEveryMs = 500
const lookGrowth = 1.06
const awayMsMax = 60_000

/** How far a job is, in one line: the stage, files, rows, bytes, rate and time left that apply. */
export function describeProgress(progress: JobProgress, language: Language): string {
  const texts = messages(language).jobs
  const of = (done: string, total: string | undefined) => (total === undefined ? done : `${done} / ${total}`)
  const { files_done, files_total, rows_done, bytes_done, bytes_total, rate_rows, rate_bytes, seconds_left } = progress
  const parts = [
    texts.stage(progress.stage),
    ...(files_done === undefined
      ? []
      : [files_total === undefined ? texts.files(files_done) : texts.filesOf(files_done, files_total)]),
    ...(rows_done === undefined ? [] : [texts.rows(rows_done)]),
    ...(bytes_done === undefined
      ? []
      : [
          of(
            formatBytes(bytes_done, language),
            bytes_total === undefined ? undefined : formatBytes(bytes_total, language),
          ),
        ]),
    ...(rate_rows === undefined ? [] : [texts.perSecond(texts.rows(Math.round(rate_rows)))]),
    ...(rate_rows === undefined && rate_bytes !== undefined
      ? [texts.perSecond(formatBytes(Math.round(rate_bytes), language))]
      : []),
    ...(seconds_left === undefined ? [] : [texts.left(Math.ceil(seconds_left))]),
  ]
  return parts.join(' · ')
}

/**
 * Waits for a job and shows its progress on standard error. Ctrl-C asks the job to stop, and waits until it has. Returns the job when it
 * succeeded; throws the error it ended with, or `job_cancelled`.
 */
export async function followJob(client: ApiClient, started: Job, options: FollowJobOptions): Promise<Job> {
  const lines = progressLines(process.stderr)
  const changes = jobChanges(client.url, started.id)
  let isCancelled = false
  const cancel = () => {
    if (isCancelled) process.exit(130)
    isCancelled = true
    client.call(quickRoutes.cancelJob, { params: { job: started.id }, body: { reason: 'Ctrl-C' } }).catch(() => {})
  }
  process.on('SIGINT', cancel)
  try {
    for (let job = started, awayMs = 0, waitMs = firstLookMs; ; waitMs = Math.min(waitMs * lookGrowth, lookEveryMs)) {
      if (job.state === 'succeeded') return job
      if (job.state === 'failed' || job.state === 'cancelled') throw endOf(job)
      if (options.quiet !== true && job.progress !== undefined) {
        lines.busy(job.kind, describeProgress(job.progress, options.language))
      }
      await changes.next(changes.isTold() ? Math.min(4 * waitMs, lookEveryMs) : waitMs)
      try {
        job = await client.call(quickRoutes.getJob, { params: { job: started.id } })
        awayMs = 0
      } catch (error) {
        // A server that was killed is started again, and the job goes on.
        const isAway = isFabriqueError(error) && ['server_not_running', 'database_unavailable'].includes(error.code)
        awayMs += waitMs
        if (!isAway || awayMs > awayMsMax) throw error
      }
    }
  } finally {
    changes.close()
    process.off('SIGINT', cancel)
    lines.clear()
  }
}

function endOf(job: Job): FabriqueError {
  if (job.state === 'cancelled') return new FabriqueError('job_cancelled', { job: job.id })
  const { code = 'internal_error', message = '' } = job.error ?? {}
  return new FabriqueError('job_failed', { job: job.id, code, reason: message })
}
