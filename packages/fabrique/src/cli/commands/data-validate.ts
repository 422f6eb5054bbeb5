import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { FabriqueError, type Json, type Language, ResultFormat } from '@fabrique/contract'
import type { ValidatedFile } from '@fabrique/server/check-files'
import pc from 'picocolors'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { wrongUse } from '../wrong-use.js'

export interface ValidateFlags {
  readonly suite: string
  readonly resultFormat?: string
  readonly parameter?: readonly string[]
  readonly index?: string
  readonly out?: string
  readonly json?: boolean
  readonly lang?: Language
}

/** Checks a plain file with a suite; exit status 1 when something does not hold. */
export async function dataValidate(path: string, flags: ValidateFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const format = ResultFormat.safeParse((flags.resultFormat ?? 'SUMMARY').toUpperCase())
  if (!format.success) throw wrongUse('--result-format', `one of ${ResultFormat.options.join(', ')}`)
  const suite = await readSuite(flags.suite)
  const parameters = Object.fromEntries((flags.parameter ?? []).map(parameterOf))
  // Loaded at use: the engine costs more than the rest of the command line.
  const { validateFile } = await import('@fabrique/server/check-files')
  const validated = await validateFile({
    path,
    suite,
    parameters,
    indexColumns: flags.index === undefined ? [] : flags.index.split(',').map((name) => name.trim()),
    resultFormat: format.data,
    now: new Date(),
    threads: availableParallelism(),
  })
  if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify(validated.gx, undefined, 2)}\n`)
  if (flags.json === true) printJson(validated.gx)
  else process.stdout.write(describe(validated, language))
  if (!validated.success) process.exitCode = 1
}

async function readSuite(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new FabriqueError('file_not_found', { path }, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('invalid_json', { reason: `${path}: ${reason}` }, { cause: error })
  }
}

/** `name=value`; a value that is JSON is taken as such, any other as text. */
function parameterOf(text: string): readonly [string, Json] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw wrongUse('--parameter', 'name=value')
  try {
    return [name, JSON.parse(value) as Json]
  } catch {
    return [name, value]
  }
}

const sampleMax = 5

function describe({ suite, evaluated, rowCount }: ValidatedFile, language: Language): string {
  const texts = messages(language).validate
  const lines = evaluated.map(({ expectation, success, exception, result }) => {
    const { column, column_A, column_B, column_list } = expectation.kwargs
    const list = Array.isArray(column_list) ? column_list.join(', ') : undefined
    const about = [column, column_A, column_B, list].filter((name) => typeof name === 'string').join(', ')
    const head = `${success ? pc.green('✔') : pc.red('✖')} ${expectation.type}${about === '' ? '' : ` ${pc.bold(about)}`}`
    if (success) return head
    if (exception !== undefined) return `${head}\n    ${texts.notEvaluated}: ${exception.message}`
    const { unexpected_count, unexpected_percent, partial_unexpected_list: sample, observed_value } = result
    if (typeof unexpected_count === 'number' && typeof unexpected_percent === 'number') {
      const values = Array.isArray(sample) ? sample.slice(0, sampleMax).map((value) => JSON.stringify(value)) : []
      const percent = unexpected_percent.toLocaleString(language, { maximumFractionDigits: 3 })
      return `${head}\n    ${texts.unexpected(unexpected_count, percent)}${values.length === 0 ? '' : `: ${values.join(', ')}`}`
    }
    return observed_value === undefined ? head : `${head}\n    ${texts.observed}: ${JSON.stringify(observed_value)}`
  })
  const passed = evaluated.filter(({ success }) => success).length
  const sum = texts.sum(suite, passed, evaluated.length, rowCount)
  return `${lines.join('\n')}${lines.length === 0 ? '' : '\n\n'}${sum}\n`
}
