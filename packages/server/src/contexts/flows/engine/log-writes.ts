import type { FlowLogLevel } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { Db } from '../../../platform/index.js'
import type { Claim } from './claim.js'
import type { LogLine } from './model.js'
import { query } from './statements.js'
import { storable } from './step-states.js'

/** As the column has them; between them is room. */
export const logLevels: Readonly<Record<FlowLogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 }

const writeLines = `
  with claimed as (
    select id from flow_runs where id = $1 and worker_id = $2 and epoch = $3 for share
  ), counted as (
    insert into flow_log_counts as counts (run_id, lines, bytes, dropped)
    select id, $4, $5, $6 from claimed
    on conflict (run_id) do update set lines = counts.lines + $4, bytes = counts.bytes + $5, dropped = counts.dropped + $6
    returning run_id, lines, bytes
  ), written as (
    insert into flow_logs (run_id, position, at, level, step, stream, text)
    select counted.run_id, counted.lines - $4 + place, at, level, step, stream, text
    from counted, unnest($7::timestamptz[], $8::smallint[], $9::text[], $10::text[], $11::text[]) with ordinality
      as given (at, level, step, stream, text, place)
  )
  select lines, bytes from counted`

export interface RunLog {
  add(lines: readonly LogLine[]): void
  /** Waits until everything that was added is written. */
  flush(): Promise<void>
}

interface RunLogOptions {
  readonly db: Db
  readonly claim: Claim
  /** Tries a write again while the database is away. */
  readonly attempt: <Result>(write: () => Promise<Result>) => Promise<Result>
  readonly onWritten: () => void
}

const batchMs = 200
const batchLines = 1_000
const batchBytes = 1_000_000
/** Lines that wait to be written: what is beyond, while the database is slow, is counted and dropped. */
const waitingLinesMax = 20_000
const waitingBytesMax = 10_000_000

/** What a run logs, written in batches and numbered in the run; what goes beyond its bounds is counted and dropped. */
export function openRunLog({ db, claim, attempt, onWritten }: RunLogOptions): RunLog {
  const charsMax = limit('flows.log_line_chars_max')
  let waiting: SizedLine[] = []
  let waitingBytes = 0
  let dropped = 0
  let isFull = false
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const writeBatch = async (lines: readonly SizedLine[], droppedNow: number) => {
    const bytes = bytesOf(lines)
    const write = () =>
      query<{ lines: number; bytes: number }>(db, writeLines, [
        claim.run,
        claim.worker,
        claim.epoch,
        lines.length,
        bytes,
        droppedNow,
        lines.map(({ at }) => at),
        lines.map(({ level }) => logLevels[level]),
        lines.map(({ step }) => step ?? null),
        lines.map(({ stream }) => stream),
        lines.map(({ text }) => text),
      ])
    const [counts] = await attempt(write)
    if (counts === undefined) return
    isFull = counts.lines >= limit('flows.log_lines_max') || counts.bytes >= limit('flows.log_bytes_max')
    onWritten()
  }

  const writeAll = async () => {
    while (waiting.length > 0 || dropped > 0) {
      const lines = nextBatch(waiting)
      waiting = waiting.slice(lines.length)
      waitingBytes -= bytesOf(lines)
      const droppedNow = dropped
      dropped = 0
      await writeBatch(lines, droppedNow)
    }
  }

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    // A run that was taken over logs nothing more; nobody else would hear of it.
    writing = writing.then(writeAll).catch(() => {})
    return writing
  }

  return {
    add(lines) {
      for (const line of lines) {
        if (isFull || waiting.length >= waitingLinesMax || waitingBytes >= waitingBytesMax) dropped += 1
        else {
          const text = storable(line.text.slice(0, charsMax))
          const bytes = Buffer.byteLength(text)
          waiting.push({ ...line, text, bytes })
          waitingBytes += bytes
        }
      }
      timer ??= setTimeout(() => void flush(), batchMs)
    },
    flush,
  }
}

type SizedLine = LogLine & { readonly bytes: number }

const bytesOf = (lines: readonly SizedLine[]) => lines.reduce((sum, { bytes }) => sum + bytes, 0)

function nextBatch(lines: readonly SizedLine[]): readonly SizedLine[] {
  let bytes = 0
  const end = lines.findIndex((line, at) => {
    bytes += line.bytes
    return at === batchLines || (at > 0 && bytes > batchBytes)
  })
  return end < 0 ? lines : lines.slice(0, end)
}
