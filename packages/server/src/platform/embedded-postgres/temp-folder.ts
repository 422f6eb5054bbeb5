import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { processExists } from './process-probe.js'

/**
 * Temp folders of attempts that run in this process. In a container a restarted program often gets the same process id,
 * so a leftover that carries our own id is dead unless it is listed here.
 */
const ownAttempts = new Set<string>()

/** Makes `<target>.tmp-<pid>-<random>` beside the target, to be filled and then renamed into place. */
export async function makeTempFolder(target: string): Promise<string> {
  const folder = await mkdtemp(`${target}.tmp-${process.pid}-`)
  ownAttempts.add(folder)
  return folder
}

/** Forgets and removes a temp folder; safe when it was already renamed away. */
export async function dropTempFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  ownAttempts.delete(folder)
}

/** Names the temp folders beside `target` whose maker is dead. */
export function deadTempFolders(
  target: string,
  siblings: readonly string[],
  isAlive: (pid: number) => boolean,
): string[] {
  const prefix = `${basename(target)}.tmp-`
  return siblings.filter((name) => {
    if (!name.startsWith(prefix)) return false
    const pid = /^(\d+)-[0-9a-f]{12}$/.exec(name.slice(prefix.length))?.[1]
    if (pid === undefined || ownAttempts.has(join(dirname(target), name))) return false
    return Number(pid) === process.pid || !isAlive(Number(pid))
  })
}

/** Removes what dead attempts left beside `target` and says what was removed. */
export async function removeDeadTempFolders(target: string): Promise<string[]> {
  const parent = dirname(target)
  const dead = deadTempFolders(target, await readdir(parent), processExists).map((name) => join(parent, name))
  for (const folder of dead) await dropTempFolder(folder)
  return dead
}
