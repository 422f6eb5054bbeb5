import type { JobProgress } from '@fabrique/contract'
import type { Clock } from '../../kernel/index.js'

/** Tells how far an ingest is, with its rate and the time that is left at this rate. */
export interface IngestProgress {
  /** What is done from now on, and where. */
  stage(stage: 'list' | 'read' | 'check' | 'write' | 'profile', current?: string): void
  /** Files and bytes that there are to read. */
  expect(total: { readonly files: number; readonly bytes: number }): void
  /** How many bytes of the current file are read. */
  bytes(done: number): void
  /** The current file is done. */
  file(done: { readonly bytes: number; readonly rows: number }): void
}

export function ingestProgress(clock: Clock, tell: (progress: JobProgress) => void): IngestProgress {
  const startedAt = clock.now().getTime()
  let stage = 'list'
  let current: string | undefined
  let total: { readonly files: number; readonly bytes: number } | undefined
  let files = 0
  let finishedBytes = 0
  let currentBytes = 0
  let rows = 0
  const say = () => {
    const seconds = (clock.now().getTime() - startedAt) / 1000
    const bytes = finishedBytes + currentBytes
    const rate = seconds > 0 && bytes > 0 ? bytes / seconds : undefined
    const left = total === undefined || rate === undefined ? undefined : Math.max(0, (total.bytes - bytes) / rate)
    tell({
      stage,
      ...(current === undefined ? {} : { current }),
      files_done: files,
      ...(total === undefined ? {} : { files_total: total.files, bytes_total: Math.max(total.bytes, bytes) }),
      bytes_done: bytes,
      rows_done: rows,
      ...(rate === undefined ? {} : { rate_bytes: rate }),
      ...(rate === undefined || rows === 0 ? {} : { rate_rows: rows / seconds }),
      ...(left === undefined ? {} : { seconds_left: left }),
    })
  }
  return {
    stage(name, file) {
      stage = name
      current = file
      currentBytes = 0
      say()
    },
    expect(found) {
      total = found
      say()
    },
    bytes(done) {
      currentBytes = done
      say()
    },
    file(done) {
      files += 1
      finishedBytes += done.bytes
      rows += done.rows
      currentBytes = 0
      say()
    },
  }
}
