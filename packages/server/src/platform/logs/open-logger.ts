import { join } from 'node:path'
import pino from 'pino'
import { limit } from '../../kernel/index.js'
import { flatMembers } from './flat-members.js'
import { GatheredLines } from './gathered-lines.js'
import type { Log } from './log.js'

export interface LoggerOptions {
  /** Which process writes, as `server`; names the file. */
  readonly part: string
  /** Folder of the rotating file; absent for console only. */
  readonly folder?: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** `pretty` for people at a terminal, `json` for machines, `off` for none. */
  readonly console: 'pretty' | 'json' | 'off'
  /** `error` where standard output is for what a command answers. */
  readonly output?: 'standard' | 'error'
}

export interface Logger {
  readonly log: Log
  /** Writes what is buffered. */
  close(): Promise<void>
}

/** What is gathered is written at once, without keeping this thread from its work. */
const unheld = { minLength: 0, sync: false } as const
/** While the disk is full, the lines that go beyond this are lost. */
const heldCharactersMax = 16_000_000

/**
 * Opens the log of one process: to the console and to a file that rotates by size and day. Both are written in this
 * thread through a buffer: a transport thread would cost 30 MB for each process.
 */
export async function openLogger(options: LoggerOptions): Promise<Logger> {
  const streams: pino.StreamEntry[] = []
  const dest = options.output === 'error' ? 2 : 1
  // Written together, a moment later: a system call for each request would cost as much as the rest of its log. What is left goes at exit.
  const json = options.console === 'json' ? new GatheredLines(openConsole(dest, unheld)) : undefined
  if (json !== undefined) streams.push({ level: options.level, stream: json })
  if (options.console === 'pretty') {
    const { default: pinoPretty } = await import('pino-pretty')
    streams.push({
      level: options.level,
      stream: pinoPretty({
        destination: openConsole(dest, { sync: true }),
        ignore: 'pid,hostname,part,request_id,method,route,path,status,duration_ms,actor,model_version',
        translateTime: 'SYS:HH:MM:ss',
        singleLine: true,
        messageFormat: (line, key) => prettyMessage(line, String(line[key])),
      }),
    })
  }
  const file = options.folder === undefined ? undefined : await openFile(options.folder, options.part)
  const fileLines = file && new GatheredLines(file)
  if (fileLines !== undefined) streams.push({ level: options.level, stream: fileLines })
  const log = pino(
    {
      level: options.level,
      base: { part: options.part },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['headers.authorization', 'headers.cookie', '*.password', '*.token'], censor: '[hidden]' },
    },
    pino.multistream(streams),
  )
  return {
    log: withFlatLines(log, { part: options.part, streams }),
    close: async () => {
      await json?.close()
      await fileLines?.close()
      file?.end()
    },
  }
}

/** The time as a member of a line; of the lines of one millisecond it is made once. */
let newest = { ms: '', member: '' }

function timeMember(): string {
  const ms = pino.stdTimeFunctions.epochTime()
  if (ms !== newest.ms) newest = { ms, member: pino.stdTimeFunctions.isoTime() }
  return newest.member
}

type Level = LoggerOptions['level']
type Write = Log['info']

/** Lines of plain fields, as that of each request, are written past the logger: it looks for secrets below fields, of which these have none. */
function withFlatLines(
  log: pino.Logger,
  { part, streams }: { readonly part: string; readonly streams: readonly pino.StreamEntry[] },
): Log {
  const writeAt = (level: Level): Write => {
    if (!log.isLevelEnabled(level)) return () => {}
    const end = `,"part":${JSON.stringify(part)}`
    return (fields, message) => {
      const members = flatMembers(fields)
      if (members === undefined) {
        log[level](fields, message)
        return
      }
      const line = `{"level":"${level}"${timeMember()}${end}${members},"msg":${JSON.stringify(message)}}\n`
      for (const { stream } of streams) stream.write(line)
    }
  }
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') }
}

/** A request in one readable line; other messages as they are. */
function prettyMessage(line: Readonly<Record<string, unknown>>, message: string): string {
  if (message !== 'request') return message
  const { method, route, path, status, duration_ms, request_id } = line
  return `${method} ${path ?? route} ${status}  ${duration_ms} ms  ${request_id}`
}

/**
 * What the console does not take, as where it goes to a disk that is full, must not end the process: the file still has the lines. It is not
 * written to again: what it did not take would be tried for ever at the end of the process.
 */
function openConsole(dest: number, how: { readonly sync: boolean; readonly minLength?: number }) {
  const stream = pino.destination({ dest, ...how })
  stream.on('error', () => stream.destroy())
  return stream
}

async function openFile(folder: string, part: string) {
  // Loaded by those that write one: it comes with a library of dates.
  const { default: pinoRoll } = await import('pino-roll')
  const file = await pinoRoll({
    file: join(folder, part),
    extension: '.log',
    size: `${Math.round(limit('logs.file_bytes_max') / 1024)}k`,
    frequency: 'daily',
    limit: { count: limit('logs.files_max') },
    mkdir: true,
    maxLength: heldCharactersMax,
    ...unheld,
  })
  // A full or vanished disk must not end the process: the console still has the lines.
  file.on('error', () => {})
  return file
}
