import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import {
  type Batch,
  FabriqueError,
  type Json,
  type Language,
  routePath,
  routes,
  type Snapshot,
} from '@fabrique/contract'
import pc from 'picocolors'
import { z } from 'zod'
import { type ApiClient, apiClient } from '../../client/index.js'
import { downloadFile } from '../download-file.js'
import { followJob } from '../follow-job.js'
import { formatBytes } from '../format.js'
import { predictMessages } from '../predict-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { findSnapshot } from '../snapshot-ref.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'
import { countOf, namesOf, type PredictFlags } from './predict.js'

export interface PredictBatchFlags extends PredictFlags, AskFlags {
  readonly snapshot?: string
  readonly project?: string
  readonly into?: string
  readonly at?: string
  readonly follow?: boolean
  readonly lang?: Language
}

interface Asking {
  readonly client: ApiClient
  readonly flags: PredictBatchFlags
  readonly language: Language
}

/** Answers all rows of a snapshot, or of a file that is sent first, as a job of a server; writes the answers to a file where one is named. */
export async function predictBatch(reference: string, flags: PredictBatchFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const asking = { client, flags, language }
  const { model, ...version } = modelOf(reference)
  const format = flags.out === undefined ? undefined : formatOf(flags.out)
  const maxRejected = countOf('--max-rejected', flags.maxRejected, 0)
  const given = flags.in === undefined ? flags.snapshot : await sendRows(flags.in, asking)
  const rows = await findSnapshot(client, given ?? '', language)
  const snapshot =
    flags.at === undefined ? rows.id : await joinFeatures(rows, { ...version, model, at: flags.at }, asking)
  const { job, batch } = await client.call(routes.startBatch, {
    params: { model },
    body: {
      ...version,
      snapshot,
      ...(flags.into === undefined ? {} : { into: flags.into }),
      ...(flags.columns === undefined ? {} : { columns: [...namesOf('--columns', flags.columns)] }),
      ...(maxRejected === undefined ? {} : { max_rejected: maxRejected }),
    },
  })
  if (flags.follow === false) {
    if (flags.json === true) printJson({ job, batch })
    else process.stdout.write(`${predictMessages(language).asked(job.id)}\n`)
    return
  }
  await followJob(client, job, { language, quiet: flags.json })
  const done = await client.call(routes.getBatch, { params: { batch: batch.id } })
  const written =
    flags.out === undefined ? undefined : await download(done, { out: flags.out, format: format ?? 'csv' }, client)
  if (flags.json === true) printJson({ ...done, ...written })
  else process.stdout.write(describe(done, written, language))
  if ((done.result?.rejected ?? 0) > 0 && maxRejected === undefined) process.exitCode = 1
}

/** `churn@champion`, `churn/3`, or `churn` for its champion. */
function modelOf(reference: string): { readonly model: string; readonly version?: string; readonly alias?: string } {
  const [, numbered, version] = /^(.+)\/(\d+)$/s.exec(reference) ?? []
  if (numbered !== undefined && version !== undefined) return { model: numbered, version }
  const [, model, alias] = /^(.+)@([^@]+)$/s.exec(reference) ?? []
  return model === undefined || alias === undefined ? { model: reference } : { model, alias }
}

const formats = ['csv', 'parquet', 'ndjson'] as const

function formatOf(out: string): (typeof formats)[number] {
  const found = formats.find((format) => out.toLowerCase().endsWith(`.${format}`))
  if (found !== undefined) return found
  throw wrongUse('--out', 'a file that ends in .csv, .parquet or .ndjson')
}

const IngestEnd = z.object({ snapshot_id: z.string() })

/** Sends `users.csv` to become a snapshot of the data set `batch-users`, as `users` may be declared; gives the id of that. */
async function sendRows(path: string, { client, flags, language }: Asking): Promise<string> {
  if (flags.project === undefined) throw wrongUse('--project', predictMessages(language).projectNeeded)
  const found = await stat(path).catch((error: unknown) => {
    throw new FabriqueError('file_not_found', { path }, { cause: error })
  })
  if (!found.isFile()) throw new FabriqueError('file_unreadable', { path, reason: 'it is not a file' })
  const started = await client.upload(routes.uploadDataset, {
    params: { project: flags.project, dataset: `batch-${slugOf(path).slice(0, 57)}` },
    query: { file_name: basename(path) },
    // The types of streams of Node and of the web differ in what no one here uses.
    content: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
    bytes: found.size,
  })
  const { result } = await followJob(client, started, { language, quiet: flags.json })
  return endOf(IngestEnd, result).snapshot_id
}

/** A part of a name of a data set. */
function slugOf(path: string): string {
  const stem = basename(path)
    .toLowerCase()
    .replace(/\..*$/s, '')
    .replace(/[^a-z0-9_-]+/g, '-')
  return stem.replace(/^[-_]+/, '').slice(0, 63) || 'rows'
}

interface JoinAsked {
  readonly model: string
  readonly version?: string
  readonly alias?: string
  readonly at: string
}

/** The rows with the features that the model was trained on, as they were at the time of each row; gives the id of their snapshot. */
async function joinFeatures(rows: Snapshot, asked: JoinAsked, { client, flags, language }: Asking): Promise<string> {
  const { model, alias = 'champion', at } = asked
  const found = await client.call(routes.getModel, { params: { model } })
  const number = asked.version ?? found.aliases[alias]
  const lookup = found.versions.find(({ version }) => version === number)?.signature?.feature_lookup
  if (lookup === undefined) throw wrongUse('--at', 'this version of the model was not trained on a feature service')
  const job = await client.call(routes.startHistorical, {
    params: { project: lookup.project },
    body: {
      service: `${lookup.service}@${lookup.service_version}`,
      entities: { snapshot: rows.id, time: at },
      into: `batch-${slugOf(model).slice(0, 48)}-features`,
    },
  })
  const { result } = await followJob(client, job, { language, quiet: flags.json })
  return endOf(IngestEnd, result).snapshot_id
}

function endOf<Shape extends z.ZodType>(shape: Shape, result: Json | undefined): z.output<Shape> {
  const parsed = shape.safeParse(result)
  if (parsed.success) return parsed.data
  throw new FabriqueError('internal_error', {}, { cause: parsed.error })
}

interface Written {
  readonly out: string
  readonly bytes: number
  readonly rejected_file: string | null
}

async function download(
  { id, result }: Batch,
  { out, format }: { readonly out: string; readonly format: string },
  { url }: ApiClient,
): Promise<Written> {
  const address = new URL(url + routePath(routes.exportSnapshot, { snapshot: result?.snapshot_id ?? '' }))
  address.searchParams.set('format', format)
  const bytes = await downloadFile(address, out)
  if ((result?.rejected ?? 0) === 0) return { out, bytes, rejected_file: null }
  const rejected = `${out.replace(/\.[a-z]+$/i, '')}.rejected.ndjson`
  await downloadFile(new URL(url + routePath(routes.getRejectedRows, { batch: id })), rejected)
  return { out, bytes, rejected_file: rejected }
}

function describe({ dataset, result }: Batch, written: Written | undefined, language: Language): string {
  const texts = predictMessages(language)
  const { snapshot_id = '', predicted = 0, rejected = 0 } = result ?? {}
  const place = written === undefined ? '' : `  ${written.out} (${formatBytes(written.bytes, language)})`
  const reasons = written?.rejected_file == null ? '' : `  ${texts.reasonsIn(written.rejected_file)}`
  const lines = [
    `${pc.green('✔')} ${texts.answered(predicted)}${place}`,
    ...(rejected === 0 ? [] : [`${pc.yellow('!')} ${texts.rejected(rejected)}${reasons}`]),
    pc.dim(texts.snapshot(snapshot_id, dataset)),
  ]
  return `${lines.join('\n')}\n`
}
