import { type Job, type JobState, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { describeProgress, followJob } from '../follow-job.js'
import { formatMoment } from '../format.js'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { table } from '../table.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

const states: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled']

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: messages(language).jobs }
}

/** Lists jobs, newest first. */
export async function jobsLs(flags: AskFlags & { readonly state?: string; readonly limit?: string }): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const state = states.find((known) => known === flags.state)
  if (flags.state !== undefined && state === undefined) throw wrongUse('--state', `one of ${states.join(', ')}`)
  const limit = Number(flags.limit ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw wrongUse('--limit', 'a number from 1 to 1000')
  const { items } = await client.call(routes.listJobs, { query: { limit, ...(state === undefined ? {} : { state }) } })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.empty}\n`)
    return
  }
  const rows = items.map((job) => [
    job.id,
    job.kind,
    job.subject,
    texts.states[job.state],
    formatMoment(job.created_at, language),
    noteOf(job, language),
  ])
  process.stdout.write(table([texts.job, texts.kind, texts.subject, texts.state, texts.asked, ''], rows))
}

function noteOf(job: Job, language: 'en' | 'fr'): string {
  if (job.error !== undefined) return job.error.message
  return job.state === 'running' && job.progress !== undefined ? describeProgress(job.progress, language) : ''
}

/** Waits for a job and shows its progress. */
export async function jobsFollow(id: string, flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const found = await client.call(routes.getJob, { params: { job: id } })
  const job = await followJob(client, found, { language, quiet: flags.json })
  if (flags.json === true) printJson(job)
  else process.stdout.write(`${job.id}  ${texts.states[job.state]}\n`)
}

/** Asks a job to stop. */
export async function jobsCancel(id: string, flags: AskFlags & { readonly reason?: string }): Promise<void> {
  const { client, texts } = setUp(flags)
  const job = await client.call(routes.cancelJob, { params: { job: id }, body: { reason: flags.reason ?? '' } })
  if (flags.json === true) printJson(job)
  else process.stdout.write(`${texts.cancelling(job.id)}\n`)
}
