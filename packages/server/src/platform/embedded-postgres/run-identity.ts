import { execFile, type SpawnOptions } from 'node:child_process'
import { chown, lchown, lstat, opendir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { notWritable } from './errors.js'

/**
 * PostgreSQL refuses to run as root. An ordinary user runs it as is. Root runs it in a user namespace where root is
 * mapped to nobody (files stay owned by root, 0700 folders work), or where that is forbidden as the user nobody, who
 * then owns the data folder. A folder that already belongs to somebody else runs as that owner, so that `sudo` once
 * does not take it away.
 */
export type RunIdentity =
  | { readonly kind: 'self' }
  | { readonly kind: 'user_namespace'; readonly uid: number; readonly gid: number }
  | { readonly kind: 'other_user'; readonly uid: number; readonly gid: number }

export type RootRoad = 'user_namespace' | 'nobody'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly options: SpawnOptions
}

/** A fixed environment: PG* variables of the caller must not reach the server. Windows programs need their own. */
const UNIX_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** Chooses how the programs run, from who we are and who owns the data folder (null when it does not exist). */
export async function chooseIdentity(dataDirOwner: Owner | null, road?: RootRoad): Promise<RunIdentity> {
  if (process.getuid?.() !== 0) return { kind: 'self' }
  if (dataDirOwner !== null && dataDirOwner.uid !== 0) return { kind: 'other_user', ...dataDirOwner }
  const nobody = findNobody(await readFile('/etc/passwd', 'utf8').catch(() => ''))
  if (road === 'nobody') return { kind: 'other_user', ...nobody }
  const inNamespace: RunIdentity = { kind: 'user_namespace', ...nobody }
  if (road === 'user_namespace' || (await namespaceWorks(inNamespace))) return inNamespace
  return { kind: 'other_user', ...nobody }
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The account must exist in passwd, or the programs stop with "could not look up effective user ID". */
export function findNobody(passwd: string): Owner {
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(passwd)
  return { uid: Number(entry?.[1] ?? 65534), gid: Number(entry?.[2] ?? 65534) }
}

/** Builds the command line and spawn options that run `file` under the identity. */
export function asIdentity(identity: RunIdentity, file: string, args: readonly string[]): Command {
  const base: SpawnOptions = process.platform === 'win32' ? { windowsHide: true } : { env: UNIX_ENV, cwd: '/' }
  switch (identity.kind) {
    case 'self':
      return { file, args, options: base }
    case 'other_user':
      return { file, args, options: { ...base, uid: identity.uid, gid: identity.gid } }
    case 'user_namespace': {
      // Without --fork, unshare becomes the program: the child's process id is the postmaster's.
      const map = ['--user', `--map-user=${identity.uid}`, `--map-group=${identity.gid}`]
      return { file: 'unshare', args: [...map, '--', file, ...args], options: base }
    }
  }
}

/** Gives a folder to the identity when that is another user; nothing to do for the two others. */
export async function giveFolder(identity: RunIdentity, folder: string): Promise<void> {
  if (identity.kind !== 'other_user') return
  const { uid, gid } = await lstat(folder)
  if (uid === identity.uid && gid === identity.gid) return
  await chownTree(folder, identity)
}

/** Refuses early, with the folder named, when the identity could not even walk to `path`. */
export async function checkReachable(identity: RunIdentity, path: string): Promise<void> {
  const closed = await closedFolder(identity, path)
  if (closed === null || identity.kind !== 'other_user') return
  throw notWritable(path, `the server must run as user ${identity.uid}, who may not enter ${closed}`)
}

/** Says whether the identity may walk to `path`. */
export async function canEnter(identity: RunIdentity, path: string): Promise<boolean> {
  return (await closedFolder(identity, path)) === null
}

/** The nearest folder above `path` that another user may not enter; null when the way is open. */
async function closedFolder(identity: RunIdentity, path: string): Promise<string | null> {
  if (identity.kind !== 'other_user') return null
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = await stat(folder)
    const bit = found.uid === identity.uid ? 0o100 : found.gid === identity.gid ? 0o010 : 0o001
    if ((found.mode & bit) === 0) return folder
    if (folder === dirname(folder)) return null
  }
}

async function chownTree(folder: string, owner: Owner): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await chownTree(path, owner)
    else await lchown(path, owner.uid, owner.gid)
  }
  await chown(folder, owner.uid, owner.gid)
}

function namespaceWorks(identity: RunIdentity): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false)
  const { file, args, options } = asIdentity(identity, 'true', [])
  return new Promise((resolve) => {
    execFile(file, [...args], { ...options, timeout: 5000 } as { timeout: number }, (error) => resolve(error === null))
  })
}
