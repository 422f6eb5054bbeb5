import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './errors.js'

/** What a running server writes into `postmaster.pid` of its data folder. */
export interface PostmasterFile {
  readonly pid: number
  readonly dataDir: string
  readonly port: number
  /** First socket folder; empty when the server listens on TCP only. */
  readonly socketDir: string
  /** `starting`, `ready`, `stopping` or `standby`; empty while the file is still being written. */
  readonly status: string
}

/** Parses the file; null when it is empty or cut short, which happens for an instant while the server writes it. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const [pid = '', dataDir = '', , port = '', socketDir = '', , , status = ''] = text.split('\n')
  const pidNumber = Math.abs(Number.parseInt(pid, 10))
  if (!Number.isSafeInteger(pidNumber) || pidNumber === 0 || dataDir === '') return null
  return {
    pid: pidNumber,
    dataDir,
    port: Number.parseInt(port, 10) || 0,
    socketDir: socketDir.trim(),
    status: status.trim(),
  }
}

/** Reads `postmaster.pid`; null when it is absent or not yet complete. */
export function readPostmasterFile(dataDir: string): Promise<PostmasterFile | null> {
  return readLockFile(join(dataDir, 'postmaster.pid'))
}

/** Reads a lock file of the server; the one beside its socket has the same form. */
export async function readLockFile(path: string): Promise<PostmasterFile | null> {
  try {
    return parsePostmasterFile(await readFile(path, 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}
