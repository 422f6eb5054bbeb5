import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { retry } from '../../kernel/index.js'

/** Content from a byte on, as a server gives it. */
export interface DownloadBody {
  readonly body: AsyncIterable<Uint8Array>
  /** Where it begins: the byte that was asked for, or 0 where the server gives all again. */
  readonly from: number
  /** Size of the whole content, where it is known. */
  readonly total: number | undefined
}

/** Something that may go better when it is tried again; `cause` is what happened. */
export class DownloadBroken extends Error {
  override readonly name = 'DownloadBroken'
  /** What to tell when it is given up. */
  readonly toError: (reason: string) => Error

  constructor(cause: unknown, toError: (reason: string) => Error) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.toError = toError
  }
}

export interface DownloadFileOptions {
  /** The file to write; the first `start` bytes of it are there and belong to the same content. */
  readonly path: string
  readonly start: number
  /** Asks for the content from a byte on. Throws `DownloadBroken` for what may be tried again. */
  open(from: number): Promise<DownloadBody>
  /** The error for a content that broke off. */
  toError(reason: string): Error
  /** Largest size; beyond it `tooLarge` is thrown. */
  readonly bytesMax: number
  tooLarge(): Error
  /** Called with the size of the file so far. */
  readonly report?: ((bytes: number) => void) | undefined
  /** Called when all before this byte is on the disk for good: a later download may begin there. */
  readonly synced?: ((bytes: number) => Promise<void>) | undefined
  readonly attempts: number
  readonly signal?: AbortSignal | undefined
}

export interface DownloadedFile {
  readonly bytes: number
  readonly sha256: string
}

/** Bytes after which the file is synced to disk. */
const syncEvery = 32 * 1024 * 1024
const hashNothing = () => createHash('sha256')

/**
 * Writes a content to a file, and takes it up again where the connection broke. Attempts are bounded only as long as none goes beyond
 * what came before. Bytes go to their own place in the file and nothing else is cut or moved, so that two processes that fetch the same
 * content into one file do each other no harm.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<DownloadedFile> {
  const { path, signal } = options
  // Not truncated: another process may be filling it with the same content.
  const file = await open(path, 'a', 0o600).then(async (made) => {
    await made.close()
    return open(path, 'r+')
  })
  const state = { at: options.start, furthest: options.start, syncedAt: options.start, hash: hashNothing() }
  try {
    if (options.start > 0) {
      for await (const chunk of createReadStream(path, { end: options.start - 1 })) {
        signal?.throwIfAborted()
        state.hash.update(chunk)
      }
    }
    for (;;) {
      const before = state.furthest
      try {
        await retry(() => fetchRest(file, options, state), {
          attempts: options.attempts,
          delayMs: 200,
          delayMsMax: 5_000,
          ...(signal === undefined ? {} : { signal }),
          retryable: (error) => error instanceof DownloadBroken && state.furthest === before,
        })
        break
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason
        if (!(error instanceof DownloadBroken)) throw error
        if (state.furthest === before) throw error.toError(error.message)
      }
    }
    // What an earlier, longer content of the same place left behind.
    if ((await file.stat()).size > state.at) await file.truncate(state.at)
  } finally {
    await file.close()
  }
  return { bytes: state.at, sha256: state.hash.digest('hex') }
}

interface DownloadState {
  at: number
  furthest: number
  syncedAt: number
  hash: ReturnType<typeof hashNothing>
}

async function fetchRest(file: FileHandle, options: DownloadFileOptions, state: DownloadState): Promise<void> {
  const { body, from, total } = await options.open(state.at)
  if (from !== state.at) {
    if (from !== 0) throw new DownloadBroken(`the content begins at byte ${from}`, options.toError)
    state.at = 0
    state.syncedAt = 0
    state.hash = hashNothing()
  }
  if (total !== undefined && total > options.bytesMax) throw options.tooLarge()
  const chunks = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw options.signal?.aborted === true ? options.signal.reason : new DownloadBroken(error, options.toError)
      })
      if (next.done === true) break
      const chunk = next.value
      options.signal?.throwIfAborted()
      if (state.at + chunk.length > options.bytesMax) throw options.tooLarge()
      for (let written = 0; written < chunk.length; ) {
        const { bytesWritten } = await file.write(chunk, written, chunk.length - written, state.at + written)
        written += bytesWritten
      }
      state.hash.update(chunk)
      state.at += chunk.length
      state.furthest = Math.max(state.furthest, state.at)
      options.report?.(state.at)
      if (options.synced !== undefined && state.at - state.syncedAt >= syncEvery) {
        await file.datasync()
        await options.synced(state.at)
        state.syncedAt = state.at
      }
    }
  } finally {
    await chunks.return?.()
  }
  if (total !== undefined && state.at !== total) {
    throw new DownloadBroken(`${state.at} of ${total} bytes came`, options.toError)
  }
}
