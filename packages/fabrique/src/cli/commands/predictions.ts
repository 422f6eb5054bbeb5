import { type FeedbackItem, type Job, type PredictionData, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatCount } from '../format.js'
import { printJson } from '../print-json.js'
import { rolloutMessages } from '../rollout-messages.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'
import { dataExport } from './data-export.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: rolloutMessages(language) }
}

interface ModelFlags extends AskFlags {
  readonly model?: string
}

/** Shows what of the log of each model is in files. */
export async function predictionsData(flags: ModelFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const query = flags.model === undefined ? {} : { model: flags.model }
  const { items } = await client.call(routes.listPredictionData, { query })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noPredictions}\n`)
    return
  }
  const rows = items.map((one) => [
    one.model,
    nameOf(one),
    [one.first_day, one.last_day].flatMap((day) => day ?? []).join(' – '),
    formatCount(one.rows, language),
    formatCount(one.waiting_days, language),
  ])
  process.stdout.write(table([texts.model, texts.dataset, texts.days, texts.rows, texts.waitingDays], rows, [3, 4]))
}

const nameOf = ({ project, dataset }: PredictionData) =>
  project === undefined || dataset === undefined ? '' : `${project}/${dataset}`

interface CompactFlags extends ModelFlags {
  readonly open?: boolean
  readonly reason?: string
}

/** Writes days of the log to the data sets of their models. */
export async function predictionsCompact(flags: CompactFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const jobs = await compact(flags)
  if (flags.json === true) return printJson(jobs.map(({ result }) => result))
  if (jobs.length === 0) process.stdout.write(`${texts.nothingDue}\n`)
  const { items } = await client.call(routes.listPredictionData, { query: {} })
  for (const { subject } of jobs) {
    const data = items.find(({ model }) => subject === `predictions/${model}`)
    if (data !== undefined) process.stdout.write(`${texts.compacted(data.model, nameOf(data))}\n`)
  }
}

/** Asks for the jobs, and waits until they are over. */
async function compact({ model, open = false, reason = '', ...flags }: CompactFlags): Promise<readonly Job[]> {
  const { client, language } = setUp(flags)
  const body = { open, reason, ...(model === undefined ? {} : { model }) }
  const { items } = await client.call(routes.compactPredictions, { body })
  const done: Job[] = []
  for (const job of items) done.push(await followJob(client, job, { language, quiet: flags.json }))
  return done
}

/** Writes the log of a model to a file, as it is now. */
export async function predictionsExport(model: string, flags: AskFlags & { readonly out: string }): Promise<void> {
  const { client, texts } = setUp(flags)
  await compact({ ...flags, model, open: true })
  const { items } = await client.call(routes.listPredictionData, { query: { model } })
  const snapshot = items[0]?.snapshot_id
  if (snapshot === undefined) throw wrongUse('model', texts.noPredictions)
  await dataExport(snapshot, flags)
}

interface FeedbackFlags extends ModelFlags {
  readonly key?: string
  readonly since?: string
  readonly until?: string
  readonly latest?: boolean
  readonly row?: string
  readonly truth?: string
  readonly reward?: string
}

/** Sends what became known of one prediction, or of those about a key. */
export async function sendFeedback(prediction: string | undefined, flags: FeedbackFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const body = itemOf(prediction, flags, texts)
  const reply = await client.call(routes.sendFeedback, { body })
  if (flags.json === true) return printJson(reply)
  const [item] = reply.items
  const state = item === undefined ? '' : texts.feedbackStates[item.state]
  process.stdout.write(`${texts.recorded(formatCount(item?.rows ?? reply.recorded, language))} (${state})\n`)
}

type Texts = ReturnType<typeof rolloutMessages>

function itemOf(prediction: string | undefined, flags: FeedbackFlags, texts: Texts): FeedbackItem {
  const { model, key, since, until, truth, reward } = flags
  const isNumber = truth !== undefined && truth.trim() !== '' && Number.isFinite(Number(truth))
  const told = {
    ...(truth === undefined ? {} : { truth: isNumber ? Number(truth) : truth }),
    ...(reward === undefined ? {} : { reward: numberOf(reward, '--reward', texts) }),
  }
  if (prediction !== undefined) {
    return {
      prediction_id: prediction,
      row: flags.row === undefined ? 0 : numberOf(flags.row, '--row', texts),
      ...told,
    }
  }
  if (model === undefined || key === undefined || since === undefined) {
    throw wrongUse('prediction', texts.predictionExpected)
  }
  return {
    model,
    key,
    since: momentOf(since, '--since', texts),
    which: flags.latest === true ? 'latest' : 'all',
    ...(until === undefined ? {} : { until: momentOf(until, '--until', texts) }),
    ...told,
  }
}

function numberOf(text: string, flag: string, texts: Texts): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw wrongUse(flag, texts.noNumber(text))
  return value
}

/** What has no zone is in UTC. */
function momentOf(text: string, flag: string, texts: Texts): string {
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)
  const at = new Date(hasZone || !text.includes(':') ? text : `${text}Z`)
  if (Number.isNaN(at.getTime())) throw wrongUse(flag, texts.noMoment(text))
  return at.toISOString()
}
