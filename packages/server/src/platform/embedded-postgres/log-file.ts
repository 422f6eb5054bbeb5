import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, folderError } from './errors.js'

const LOG_BYTES_MAX = 4 * 1024 * 1024
const TAIL_BYTES_MAX = 64 * 1024

/** Moves a log over the limit to `<file>.1`, so that at most two such files exist. */
export async function rotateLog(file: string, bytesMax: number = LOG_BYTES_MAX): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    if ((await sizeOf(file)) > bytesMax) await rename(file, `${file}.1`)
  } catch (error) {
    // Two starters may rotate at once: the second finds nothing left to move.
    if (errorCode(error) !== 'ENOENT') throw folderError(file, error, 'postgres_start_failed')
  }
}

/** Size in bytes; 0 when the file does not exist. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0
    throw error
  }
}

/** What was written after `from`, at most the last 64 KiB of it; empty when the file is missing. */
export async function readLogFrom(file: string, from: number): Promise<string> {
  const size = await sizeOf(file)
  const start = Math.max(Math.min(from, size), size - TAIL_BYTES_MAX)
  if (size <= start) return ''
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** The last lines of a text, for an error message. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}
