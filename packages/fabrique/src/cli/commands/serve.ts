import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { FabriqueError, type Language, parseRate } from '@fabrique/contract'
import type { FileServer, ServedFile, ServeFilesOptions } from '@fabrique/server/serve'
import pc from 'picocolors'
import { printJson } from '../print-json.js'
import { progressLines } from '../progress-lines.js'
import { serveMessages, serveReason } from '../serve-messages.js'
import { terminalLanguage } from '../terminal-language.js'

export interface ServeFlags {
  readonly host: string
  readonly port: string
  readonly grpcPort?: string
  readonly apiKeyFile?: string
  readonly python?: string
  readonly memoryMb?: string
  readonly rateLimit?: string
  readonly logLevel: string
  readonly json?: boolean
  readonly lang?: Language
}

/** Serves models of plain files in every protocol, until it is told to stop; needs no project and no database. */
export async function serve(models: readonly string[], flags: ServeFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const options = optionsOf(models, flags)
  const lines = progressLines(process.stderr)
  lines.busy(serveMessages(language).loading, models.join(', '))
  // Loaded at use: a server costs more than the rest of the command line.
  const { runUntilStopped, serveFiles } = await import('@fabrique/server/serve')
  const server = await serveFiles(options).finally(() => lines.clear())
  // It listens to signals before anyone is told that it serves.
  const stopped = runUntilStopped(server)
  if (flags.json === true) printJson(toJson(server))
  else process.stdout.write(describe(server, { language, needsKey: options.key !== undefined }))
  await stopped
  process.exit(0)
}

function optionsOf(models: readonly string[], flags: ServeFlags): ServeFilesOptions {
  const key = keyOf(flags)
  const python = flags.python ?? process.env.FABRIQUE_SERVE_PYTHON
  const level = (['debug', 'info', 'warn', 'error'] as const).find((each) => each === flags.logLevel)
  if (level === undefined) throw wrong('--log-level', 'levelExpected')
  return {
    places: models.map(placeOf),
    host: flags.host,
    port: portOf('--port', flags.port),
    threads: availableParallelism(),
    console: process.env.FABRIQUE_LOG_FORMAT === 'off' ? 'off' : process.stderr.isTTY ? 'pretty' : 'json',
    level,
    environment: process.env,
    ...(flags.grpcPort === undefined ? {} : { grpcPort: portOf('--grpc-port', flags.grpcPort) }),
    ...(flags.memoryMb === undefined ? {} : { memoryMb: megabytesOf(flags.memoryMb) }),
    ...(flags.rateLimit === undefined ? {} : { rate: rateOf(flags.rateLimit) }),
    ...(python === undefined || python === '' ? {} : { python }),
    ...(key === undefined ? {} : { key }),
  }
}

type Reason = Parameters<typeof serveReason>[0]

function wrong(field: string, reason: Reason): FabriqueError<'invalid_request'> {
  return new FabriqueError('invalid_request', { field, ...serveReason(reason) }, { field })
}

/** `churn=models/3.onnx` names a model; a path whose first folder has an equals sign is written with `./`. */
function placeOf(text: string) {
  const [, name, path] = /^([\w.-]+)=(.+)$/.exec(text) ?? []
  return name === undefined || path === undefined ? { path: text } : { name, path }
}

function portOf(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw wrong(flag, 'portExpected')
  return port
}

function megabytesOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw wrong('--memory-mb', 'megabytesExpected')
  return Number(text)
}

function rateOf(text: string) {
  const rate = parseRate(text)
  if (rate === undefined) throw wrong('--rate-limit', 'rateExpected')
  return rate
}

const keyCharactersMin = 16

/** A key stands in a file or in the environment, never among the arguments that every user of the machine can read. */
function keyOf({ apiKeyFile }: ServeFlags): string | undefined {
  const field = apiKeyFile === undefined ? 'FABRIQUE_SERVE_KEY' : '--api-key-file'
  const key = apiKeyFile === undefined ? process.env.FABRIQUE_SERVE_KEY : readKey(apiKeyFile)
  if (key === undefined || (apiKeyFile === undefined && key === '')) return undefined
  if (key.length < keyCharactersMin) throw wrong(field, 'keyTooShort')
  return key
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw wrong('--api-key-file', 'keyUnreadable')
  }
}

function toJson({ url, grpc, models }: FileServer) {
  return {
    url,
    grpc: grpc ?? null,
    models: models.map(({ model, versions, inputs, outputs, example }) => ({
      model,
      versions,
      inputs,
      outputs,
      ...(example === undefined ? {} : { example }),
    })),
  }
}

/** An image of an example, which nobody would write into a line. */
const isImage = (value: unknown) => typeof value === 'object' && value !== null && 'b64' in value

function fieldsOf(example: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(example).map(([name, value]) => {
    const field = isImage(value) ? `${name}=@image.jpg` : `${name}=${value ?? ''}`
    return `-F '${field.replaceAll("'", "'\\''")}'`
  })
}

interface Told {
  readonly language: Language
  readonly needsKey: boolean
}

function describe({ url, grpc, models }: FileServer, { language, needsKey }: Told): string {
  const texts = serveMessages(language)
  const rows: (readonly [string, string])[] = [[texts.serving, pc.cyan(url)]]
  if (grpc !== undefined) rows.push([texts.grpc, grpc])
  for (const { model, versions } of models) {
    const list = versions.join(', ')
    rows.push([texts.model, `${model}  ${pc.dim(versions.length > 1 ? texts.versions(list) : texts.version(list))}`])
  }
  const [first] = models
  if (first !== undefined) rows.push(first.example === undefined ? tensorsOf(first) : rowOf(first, first.example))
  rows.push([texts.api, `${url}/docs`])
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `  ${pc.bold(name.padEnd(width))}  ${value}`)
  if (needsKey) lines.push(`  ${pc.yellow('!')} ${texts.keyNeeded}`)
  return `\n${lines.join('\n')}\n\n  ${pc.dim(texts.stopHint)}\n\n`

  function rowOf({ model }: ServedFile, example: Readonly<Record<string, unknown>>): readonly [string, string] {
    const path = models.length === 1 ? '/predict' : `/api/v1/models/${encodeURIComponent(model)}/predict`
    if (Object.values(example).some(isImage))
      return [texts.predict, `curl ${url}${path} ${fieldsOf(example).join(' ')}`]
    const body = JSON.stringify({ features: example }).replaceAll("'", "'\\''")
    return [texts.predict, `curl ${url}${path} -H 'content-type: application/json' -d '${body}'`]
  }

  function tensorsOf({ model }: ServedFile): readonly [string, string] {
    return [texts.describe, `curl ${url}/v2/models/${encodeURIComponent(model)}`]
  }
}
