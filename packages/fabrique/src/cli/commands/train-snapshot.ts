import { FabriqueError, type Json, type Language } from '@fabrique/contract'
import pc from 'picocolors'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { quickRoutes } from '../quick-routes.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { findSnapshot } from '../snapshot-ref.js'
import { table } from '../table.js'
import { trainMessages } from '../train-messages.js'
import { type TrainSnapshotFlags, trainingRequest } from '../train-request.js'

/** What the job of a training ends with. */
const TrainingEnd = z.object({
  run_id: z.string(),
  metrics: z.record(z.string(), z.number()),
  model: z.string().optional(),
  version: z.string().optional(),
  promoted: z.boolean().optional(),
  reason: z.string().optional(),
  reason_fr: z.string().optional(),
})
type TrainingEnd = z.infer<typeof TrainingEnd>

/** Trains on a snapshot as a tracked run of a server, the same job as that of the page and of the API, and shows how far it is. */
export async function trainSnapshot(
  name: string,
  flags: TrainSnapshotFlags & AskFlags & { readonly follow: boolean },
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const body = trainingRequest('', flags)
  const snapshot = await findSnapshot(client, name, language)
  const { job, run_id } = await client.call(quickRoutes.startTraining, {
    params: { project: snapshot.project },
    body: { ...body, snapshot: snapshot.id },
  })
  const page = `${client.url}/p/${encodeURIComponent(snapshot.project)}/train/${run_id}`
  const texts = trainMessages(language)
  if (!flags.follow) {
    if (flags.json === true) printJson({ job, run_id })
    else process.stdout.write(`${texts.asked(job.id)}\n${pc.dim(page)}\n`)
    return
  }
  const ended = await followJob(client, job, { language, quiet: flags.json })
  const end = endOf(ended.result)
  if (flags.json === true) printJson({ ...end, snapshot: snapshot.id, page })
  else process.stdout.write(describe(end, page, language))
}

function endOf(result: Json | undefined): TrainingEnd {
  const parsed = TrainingEnd.safeParse(result)
  if (parsed.success) return parsed.data
  throw new FabriqueError('internal_error', {}, { cause: parsed.error })
}

function describe({ metrics, model, version, reason, reason_fr }: TrainingEnd, page: string, language: Language) {
  const texts = trainMessages(language)
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 5 })
  const rows = Object.entries(metrics).map(([name, value]) => [name, number.format(value)])
  const why = language === 'fr' ? reason_fr : reason
  const parts = [
    `${table([texts.metric, texts.value], rows, [1])}${pc.dim(texts.onTestRows)}`,
    ...(model === undefined || version === undefined
      ? []
      : [`${pc.bold(texts.model)}  ${texts.version(model, version)}${why === undefined ? '' : `\n  ${why}`}`]),
    `${pc.bold(texts.run)}  ${page}`,
  ]
  return `${parts.join('\n')}\n`
}
