import { type ChildProcess, spawn } from 'node:child_process'
import { type FileHandle, open } from 'node:fs/promises'
import type { Binaries } from './binaries.js'
import { backOff, type Deadline } from './deadline.js'
import { folderError } from './errors.js'
import { readLogFrom, sizeOf } from './log-file.js'
import { asIdentity, type RunIdentity } from './run-identity.js'
import { probeServer } from './server-probe.js'
import { type Listen, serverArguments } from './settings.js'
import { type Watch, watchChild, within } from './watch-exit.js'

export interface LaunchPlan {
  readonly dataDir: string
  readonly logFile: string
  readonly binaries: Binaries
  readonly identity: RunIdentity
  readonly listen: Listen
  readonly settings: Readonly<Record<string, string>>
  /** An id in `postmaster.pid` that belongs to an unrelated process. */
  readonly stalePid: number | null
}

export type LaunchResult =
  | { readonly kind: 'ready'; readonly watch: Watch }
  | { readonly kind: 'exited'; readonly log: string; readonly error: unknown }
  /** The deadline passed while it was still recovering: it is left running, so that the next start finds it further. */
  | { readonly kind: 'late'; readonly pid: number; readonly log: string }

/** Starts one server process and waits until it answers, ends, or the deadline passes. */
export async function launch(plan: LaunchPlan, deadline: Deadline): Promise<LaunchResult> {
  const logStart = await sizeOf(plan.logFile)
  const log = await openLog(plan.logFile)
  // No await between spawn and the listeners: a start that fails at once would go unheard.
  const child = spawnServer(plan, log.fd)
  let spawnError: unknown
  child.on('error', (error) => {
    spawnError = error
  })
  const watch = watchChild(child, child.pid ?? 0)
  child.unref()
  await log.close()
  const { pid } = child
  if (pid === undefined) return { kind: 'exited', log: '', error: spawnError }
  const pause = backOff(15, 200)
  let recovering = false
  while (!watch.isGone()) {
    const answer = await probeServer(plan.listen)
    // Another server may answer at this address: only our own child counts.
    if (answer.kind === 'ready' && answer.pid === pid) return { kind: 'ready', watch }
    recovering = answer.kind === 'starting'
    if (deadline.isPast()) {
      if (!recovering) await end(watch)
      return { kind: 'late', pid, log: await readLogFrom(plan.logFile, logStart) }
    }
    await pause()
  }
  return { kind: 'exited', log: await readLogFrom(plan.logFile, logStart), error: spawnError }
}

function openLog(file: string): Promise<FileHandle> {
  return open(file, 'a', 0o600).catch((error: unknown) => {
    throw folderError(file, error, 'postgres_start_failed')
  })
}

function spawnServer(plan: LaunchPlan, logFd: number): ChildProcess {
  const server = serverArguments(plan.dataDir, plan.listen, plan.settings)
  const { file, args, options } = asIdentity(plan.identity, plan.binaries.postgres, server)
  return spawn(file, [...args], {
    ...options,
    ...staleEnvironment(plan.stalePid, options.env),
    // Its own session: a Ctrl-C in the terminal reaches the program, which then stops the server in good order. Its
    // messages go straight to the file, so that the death of the program does not break them.
    detached: true,
    stdio: ['ignore', logFd, logFd],
  })
}

/**
 * A stale lock file whose id was given to an unrelated process stops the server ("lock file already exists").
 * Removing the file would also remove the check for left-over shared memory, and races with other starters. The server
 * itself knows ids that do not count, its parent's and the one in this variable (made for pg_ctl), so it is told.
 */
function staleEnvironment(stalePid: number | null, env: NodeJS.ProcessEnv | undefined): { env?: NodeJS.ProcessEnv } {
  if (stalePid === null || env === undefined) return {}
  return { env: { ...env, PG_GRANDPARENT_PID: String(stalePid) } }
}

async function end(watch: Watch): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    await watch.kill(signal)
    if (await within(watch.exited, 5000)) return
  }
}
