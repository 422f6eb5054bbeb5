import { type Json, routes } from '@fabrique/contract'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { describeExplanation, describeRow } from '../describe-explanation.js'
import { type ExplainFlags, explanationRequest } from '../explain-flags.js'
import { followJob } from '../follow-job.js'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { progressLines } from '../progress-lines.js'
import { serverUrl } from '../server-url.js'
import { untilInterrupted } from '../until-interrupted.js'
import { wrongUse } from '../wrong-use.js'

/** Finds out what a version goes by, as a job of a server, and shows it. */
export async function explainVersion(model: string, flags: ExplainFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const body = { ...explanationRequest(flags), model, ...(flags.data === undefined ? {} : { snapshot: flags.data }) }
  const { job, explanation_id } = await client.call(routes.startExplanation, { body })
  await followJob(client, job, { language, quiet: flags.json })
  const found = await client.call(routes.getExplanation, { params: { explanation: explanation_id } })
  if (flags.json === true) printJson(found)
  else process.stdout.write(describeExplanation(found, `${found.model} ${found.version}`, language))
}

const Row = z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))

/** Longer than a server works on it. */
const timeoutMs = 90_000

/** Explains the prediction of one row. */
export async function explainRow(model: string, flags: ExplainFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs })
  const features = rowOf(flags.row ?? '')
  const [, name = model, alias] = /^(.+)@([^@]+)$/s.exec(model) ?? []
  const found = await client.call(routes.explainPrediction, {
    params: { model: name },
    query: {
      ...(alias === undefined ? {} : { alias }),
      ...(flags.class === undefined ? {} : { class: flags.class }),
    },
    body: { features },
  })
  if (flags.json === true) printJson(found)
  else process.stdout.write(describeRow(found, language))
}

function rowOf(text: string): z.infer<typeof Row> {
  const parsed = Row.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw wrongUse('--row', 'a JSON object with the value of each column, as {"hours": 3}')
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The same of a model file on the rows of a plain file; needs no server. */
export async function explainPlainFile(flags: ExplainFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const lines = progressLines(process.stderr)
  const { model = '', in: path = '', target } = flags
  const request = explanationRequest(flags)
  lines.busy(messages(language).jobs.stage('read'), path)
  await untilInterrupted(lines, async (signal) => {
    // Loaded at use: the engine costs more than the rest of the command line.
    const { explainFile } = await import('@fabrique/server/files')
    const found = await explainFile({
      model,
      path,
      request,
      signal,
      ...(target === undefined ? {} : { target }),
      onProgress: ({ stage, current = '', steps_done, steps_total }) => {
        const steps = steps_total === undefined ? current : `${steps_done} / ${steps_total}`
        if (flags.json !== true) lines.busy(messages(language).jobs.stage(stage), steps)
      },
    })
    lines.clear()
    if (flags.json === true) printJson(found)
    else process.stdout.write(describeExplanation(found, model, language))
  })
}
