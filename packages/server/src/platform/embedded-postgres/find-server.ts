import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { WaitReason } from './events.js'
import { type PostmasterFile, readLockFile, readPostmasterFile } from './postmaster-file.js'
import { processRole } from './process-probe.js'
import { probeServer } from './server-probe.js'
import type { Listen } from './settings.js'

/** What `postmaster.pid` and the address it names say about a server of this folder. */
export type Found =
  /** No server runs. `stalePid` is an id in the file that now belongs to an unrelated process. */
  | { readonly kind: 'free'; readonly stalePid: number | null }
  | { readonly kind: 'running'; readonly pid: number; readonly listen: Listen }
  | { readonly kind: 'wait'; readonly pid: number; readonly reason: WaitReason }
  /** A server of this very folder answers, but its process is not visible from here: another container. */
  | { readonly kind: 'elsewhere'; readonly pid: number }

/** `address` is where a new server would listen. */
export async function findServer(dataDir: string, address: Listen): Promise<Found> {
  const file = await readPostmasterFile(dataDir)
  if (file === null) return { kind: 'free', stalePid: await staleSocketOwner(address) }
  const role = await processRole(file.pid, dataDir)
  const listen = listenOf(file)
  const answer = listen === null ? null : await probeServer(listen)
  const isOurs = answer?.kind === 'ready' && (await samePath(answer.dataDir, dataDir)) && answer.pid === file.pid
  if (role === 'gone' || role === 'other') {
    if (isOurs && (await isUnchanged(file, dataDir))) return { kind: 'elsewhere', pid: file.pid }
    return { kind: 'free', stalePid: role === 'other' ? file.pid : null }
  }
  const wait = (reason: WaitReason): Found => ({ kind: 'wait', pid: file.pid, reason })
  if (file.status === 'stopping' || answer?.kind === 'stopping') return wait('shutting_down')
  if (isOurs && listen !== null) return { kind: 'running', pid: file.pid, listen }
  if (answer?.kind === 'full') return wait('full')
  if (answer?.kind === 'starting' || file.status === 'starting' || file.status === '') return wait('starting_up')
  return wait('unreachable')
}

/** A data folder restored from a backup has no `postmaster.pid`, but the socket may still carry an old lock. */
async function staleSocketOwner(address: Listen): Promise<number | null> {
  if (address.kind === 'tcp') return null
  const lock = await readLockFile(join(address.dir, `.s.PGSQL.${address.port}.lock`))
  return lock !== null && (await processRole(lock.pid, lock.dataDir)) === 'other' ? lock.pid : null
}

function listenOf(file: PostmasterFile): Listen | null {
  if (file.port === 0) return null
  if (file.socketDir !== '') return { kind: 'socket', dir: file.socketDir, port: file.port }
  return process.platform === 'win32' ? { kind: 'tcp', port: file.port } : null
}

async function samePath(left: string, right: string): Promise<boolean> {
  const resolve = (path: string): Promise<string> => realpath(path).catch(() => path)
  return (await resolve(left)) === (await resolve(right))
}

/** Guards against a server that ended between the answer and the look at its process. */
async function isUnchanged(file: PostmasterFile, dataDir: string): Promise<boolean> {
  return (
    (await readPostmasterFile(dataDir))?.pid === file.pid && (await processRole(file.pid, dataDir)) !== 'postmaster'
  )
}
