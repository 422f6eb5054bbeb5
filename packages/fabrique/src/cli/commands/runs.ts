import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError, Problem, type Run, routes } from '@fabrique/contract'
import { authorization } from '../../client/api-key.js'
import { apiClient } from '../../client/index.js'
import { formatCount, formatMoment, formatScore } from '../format.js'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { table } from '../table.js'
import { type AskFlags, serverUrl } from './status.js'

export interface RunsFlags extends AskFlags {
  readonly filter?: string
  readonly orderBy?: string
  readonly limit?: string
  readonly deleted?: boolean
}

async function findExperiment(flags: AskFlags, name: string) {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { items } = await client.call(routes.listExperiments, { query: { search: name, view: 'all', limit: 1000 } })
  const found = items.find((experiment) => experiment.name === name || experiment.id === name)
  if (found === undefined) throw new FabriqueError('experiment_not_found', { experiment: name })
  return { client, language, experiment: found }
}

/** Lists runs of an experiment by filter and order. */
export async function runsLs(name: string, flags: RunsFlags): Promise<void> {
  const { client, language, experiment } = await findExperiment(flags, name)
  const texts = messages(language).runs
  const reply = await client.call(routes.searchRuns, {
    body: {
      experiment_ids: [experiment.id],
      filter: flags.filter ?? '',
      order_by: flags.orderBy === undefined ? [] : [flags.orderBy],
      view: flags.deleted === true ? 'deleted' : 'active',
      limit: Math.max(1, Math.min(1000, Number(flags.limit ?? 20) || 20)),
      with_total: true,
      params: 'none',
      tags: 'none',
    },
  })
  if (flags.json === true) return printJson(reply)
  const keys = metricKeys(reply.items)
  const rows = reply.items.map((run) => [
    run.id,
    run.name,
    run.status,
    formatMoment(run.started_at, language),
    ...keys.map((key) => (run.metrics[key] === undefined ? '' : formatScore(run.metrics[key].value, language))),
  ])
  const right = keys.map((_, index) => 4 + index)
  process.stdout.write(table([texts.run, texts.name, texts.status, texts.started, ...keys], rows, right))
  const total = reply.total ?? reply.items.length
  process.stdout.write(`${texts.shown(formatCount(reply.items.length, language), formatCount(total, language))}\n`)
}

/** The metrics that most of the runs have, at most four. */
function metricKeys(runs: readonly Run[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const key of runs.flatMap(({ metrics }) => Object.keys(metrics))) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts]
    .sort(([left, most], [right, more]) => more - most || (left < right ? -1 : 1))
    .slice(0, 4)
    .map(([key]) => key)
}

/** Writes every run that matches, with all columns, to a file or to standard output. */
export async function runsExport(
  name: string,
  flags: RunsFlags & { readonly format?: string; readonly out?: string },
): Promise<void> {
  const { experiment } = await findExperiment(flags, name)
  const address = new URL(`${serverUrl(flags)}${routes.exportRuns.path}`)
  const query = {
    experiment_id: experiment.id,
    filter: flags.filter,
    order_by: flags.orderBy,
    format: flags.format ?? (flags.json === true ? 'json' : 'csv'),
    view: flags.deleted === true ? 'deleted' : 'active',
  }
  for (const [key, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(key, value)
  const reply = await fetch(address, { headers: { ...authorization() } })
  if (!reply.ok || reply.body === null) {
    const problem = Problem.safeParse(await reply.json().catch(() => undefined))
    if (problem.success) throw new FabriqueError(problem.data.code, problem.data.params as never)
    throw new FabriqueError('server_not_running', { address: address.origin })
  }
  const body = Readable.fromWeb(reply.body as never)
  if (flags.out !== undefined) return pipeline(body, createWriteStream(flags.out))
  for await (const chunk of body) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
}
