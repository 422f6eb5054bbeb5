import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Language } from '@fabrique/contract'
import type { BatchProgress, PredictedFile } from '@fabrique/server/files'
import pc from 'picocolors'
import { formatBytes, formatCount } from '../format.js'
import { type PredictMessages, predictMessages } from '../predict-messages.js'
import { printJson } from '../print-json.js'
import { progressLines } from '../progress-lines.js'
import { terminalLanguage } from '../terminal-language.js'
import { untilInterrupted } from '../until-interrupted.js'
import { wrongUse } from '../wrong-use.js'

export interface PredictFlags {
  readonly in?: string
  readonly out?: string
  readonly columns?: string
  readonly features?: string
  readonly missing?: string
  readonly maxRejected?: string
  readonly resume?: boolean
  readonly threads?: string
  readonly python?: string
  readonly json?: boolean
  readonly lang?: Language
}

/** Answers all rows of a plain file with a model file; needs no server. The exit status is 1 where rows were set aside that no one allowed for. */
export async function predict(model: string, flags: PredictFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = predictMessages(language)
  const { in: path = '', out = '' } = flags
  const rejectedMax = countOf('--max-rejected', flags.maxRejected, 0)
  const asked = {
    threads: countOf('--threads', flags.threads, 1) ?? availableParallelism(),
    passMissing: passesMissing(flags.missing),
    resume: flags.resume ?? false,
    ...(flags.columns === undefined ? {} : { columns: namesOf('--columns', flags.columns) }),
    ...(flags.features === undefined ? {} : { features: namesOf('--features', flags.features) }),
    ...(rejectedMax === undefined ? {} : { rejectedMax }),
  }
  const lines = progressLines(process.stderr)
  lines.busy(texts.reading, path)
  await untilInterrupted(lines, async (signal) => {
    // Loaded at use: the engine costs more than the rest of the command line.
    const { predictFile, pythonEnvironment, pythonMemoryBytesMax } = await import('@fabrique/server/files')
    const predicted = await predictFile({
      model,
      path,
      out,
      ...asked,
      ...(flags.python === undefined
        ? {}
        : {
            python: {
              python: flags.python,
              environment: pythonEnvironment(process.env),
              memoryBytesMax: pythonMemoryBytesMax,
            },
          }),
      language,
      seconds: () => performance.now() / 1000,
      signal,
      onProgress: (progress) => lines.busy(texts.predicting, progressText(progress, texts, language)),
    })
    lines.clear()
    if (flags.json === true) printJson(toJson(predicted, out))
    else process.stdout.write(describe(predicted, out, language))
    if (predicted.rejected > 0 && rejectedMax === undefined) process.exitCode = 1
  })
}

/** Names with commas between them. */
export function namesOf(flag: string, text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw wrongUse(flag, 'columns with commas between them')
  return names
}

/** A whole number, or nothing where the flag is not given. */
export function countOf(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const count = Number(text)
  if (text.trim() !== '' && Number.isInteger(count) && count >= least) return count
  throw wrongUse(flag, `a whole number from ${least}`)
}

function passesMissing(policy: string | undefined): boolean {
  if (policy === undefined || policy === 'reject') return false
  if (policy === 'pass') return true
  throw wrongUse('--missing', 'pass or reject')
}

function progressText(
  { rowsDone, rowsTotal, rate, secondsLeft }: BatchProgress,
  texts: PredictMessages,
  language: Language,
) {
  const count = (value: number) => formatCount(Math.round(value), language)
  return `${texts.progress(count(rowsDone), count(rowsTotal), count(rate))}, ${texts.left(Math.ceil(secondsLeft))}`
}

function toJson(
  { rows, predicted, rejected, rejectedFile, columns, bytes, resumed, seconds }: PredictedFile,
  out: string,
) {
  return {
    out,
    bytes,
    rows,
    predicted,
    rejected,
    rejected_file: rejectedFile ?? null,
    resumed_rows: resumed,
    columns: [...columns],
    seconds: seconds.read + seconds.predict + seconds.write,
    seconds_read: seconds.read,
    seconds_predict: seconds.predict,
    seconds_write: seconds.write,
  }
}

function describe(told: PredictedFile, out: string, language: Language): string {
  const texts = predictMessages(language)
  const { predicted, rejected, rejectedFile = '', resumed, columns, bytes, seconds } = told
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const lines = [
    `${pc.green('✔')} ${texts.answered(predicted)}  ${texts.written(out, formatBytes(bytes, language), columns.length)}`,
    ...(rejected === 0 ? [] : [`${pc.yellow('!')} ${texts.rejected(rejected)}  ${texts.reasonsIn(rejectedFile)}`]),
    ...(resumed === 0 ? [] : [pc.dim(texts.resumed(resumed))]),
    pc.dim(texts.took(number.format(seconds.read), number.format(seconds.predict), number.format(seconds.write))),
  ]
  return `${lines.join('\n')}\n`
}
