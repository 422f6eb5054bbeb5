import { backOff, type Deadline, deadlineIn } from './deadline.js'
import { diskFull, EmbeddedPostgresError, notWritable, saysDiskFull } from './errors.js'
import type { EmbeddedPostgresEvent, WaitReason } from './events.js'
import { findServer } from './find-server.js'
import { type LaunchPlan, launch } from './launch.js'
import { lastLines, readLogFrom } from './log-file.js'
import { serverProcesses } from './process-probe.js'
import type { Listen } from './settings.js'
import { type Watch, watchProcess } from './watch-exit.js'

export interface RunningServer {
  readonly watch: Watch
  readonly listen: Listen
  readonly attached: boolean
}

/** How long the children of a killed postmaster may take to notice and end. */
const LINGER_MS = 15_000
const LOG_LINES = 12

type Plan = Omit<LaunchPlan, 'stalePid'>

/**
 * Ends with a server that answers: attaches to one that runs, waits for one that starts or stops, starts one when none
 * is there. When two do this at once PostgreSQL's own lock decides; the loser comes round again and attaches.
 */
export async function connectOrLaunch(
  plan: Plan,
  startTimeoutMs: number,
  emit: (event: EmbeddedPostgresEvent) => void,
): Promise<RunningServer> {
  const deadline = deadlineIn(startTimeoutMs)
  let lingering: Deadline | undefined
  const pause = backOff(25, 500)
  const wait = waiter(emit, pause)
  for (;;) {
    const found = await findServer(plan.dataDir, plan.listen)
    switch (found.kind) {
      case 'running':
        emit({ kind: 'attached', pid: found.pid })
        return { watch: watchProcess(found.pid, plan.dataDir), listen: found.listen, attached: true }
      case 'elsewhere':
        throw startFailed(
          `A server of another container already uses ${plan.dataDir} (its process id there is ${found.pid})`,
          'Stop the other one first, or give this one its own data folder',
        )
      case 'wait':
        if (deadline.isPast()) throw stillWaiting(plan, deadline, found.pid, found.reason)
        await wait(found.reason, found.pid)
        break
      case 'free': {
        const server = await tryLaunch({ ...plan, stalePid: found.stalePid }, deadline, emit)
        if (typeof server === 'object') return server
        lingering ??= deadlineIn(Math.min(LINGER_MS, startTimeoutMs))
        if (lingering.isPast()) throw await blocked(plan)
        await wait(server, null)
      }
    }
  }
}

/** Says why it waits, once per reason, and waits a little. */
function waiter(emit: (event: EmbeddedPostgresEvent) => void, pause: () => Promise<void>) {
  let told: WaitReason | null = null
  return async (reason: WaitReason, pid: number | null): Promise<void> => {
    if (told !== reason) emit({ kind: 'waiting', reason, pid })
    told = reason
    await pause()
  }
}

/** One attempt; a reason to wait when another server holds the folder, or its remains do, and it is worth looking again. */
async function tryLaunch(
  plan: LaunchPlan,
  deadline: Deadline,
  emit: (event: EmbeddedPostgresEvent) => void,
): Promise<RunningServer | WaitReason> {
  emit({ kind: 'starting', dataDir: plan.dataDir })
  const result = await launch(plan, deadline)
  switch (result.kind) {
    case 'ready':
      return { watch: result.watch, listen: plan.listen, attached: false }
    case 'late':
      throw startFailed(
        `The database in ${plan.dataDir} was not ready after ${deadline.ms / 1000} s${quote(result.log)}`,
        `Start again: if it was recovering it goes on by itself (log ${plan.logFile})`,
      )
    case 'exited': {
      const held = heldBy(result.log)
      if (held !== null) return held
      throw exitError(plan, result.log, result.error)
    }
  }
}

/** Recognises what the server prints when another server, or what is left of one, holds the folder or the socket. */
export function heldBy(log: string): WaitReason | null {
  if (/pre-existing shared memory block .* is still in use/.test(log)) return 'previous_processes'
  return /lock file ".*" (already exists|is empty)/.test(log) ? 'starting_up' : null
}

function exitError(plan: LaunchPlan, log: string, cause: unknown): EmbeddedPostgresError {
  if (saysDiskFull(log)) return diskFull(plan.dataDir, new Error(lastLines(log, LOG_LINES), { cause }))
  if (/Permission denied|Read-only file system|has wrong ownership/.test(log)) {
    return notWritable(plan.dataDir, lastLines(log, 3), cause)
  }
  return startFailed(
    `The database in ${plan.dataDir} did not start${quote(log)}`,
    `Correct what it reports (log ${plan.logFile}), then start again`,
    cause,
  )
}

function stillWaiting(plan: Plan, deadline: Deadline, pid: number, reason: WaitReason): EmbeddedPostgresError {
  const state: Record<WaitReason, string> = {
    starting_up: 'is still starting or recovering',
    shutting_down: 'is still shutting down',
    full: 'has no connection left',
    unreachable: 'does not answer on its socket',
    previous_processes: 'is gone but its processes are not',
  }
  return startFailed(
    `The server of ${plan.dataDir} (process ${pid}) ${state[reason]} after ${deadline.ms / 1000} s`,
    `Wait and start again, or end that process with SIGQUIT (log ${plan.logFile})`,
  )
}

async function blocked(plan: Plan): Promise<EmbeddedPostgresError> {
  const pids = serverProcesses(plan.dataDir).join(', ')
  const log = await readLogFrom(plan.logFile, 0)
  return startFailed(
    `Another server or its remains still hold ${plan.dataDir} after ${LINGER_MS / 1000} s${quote(log)}`,
    pids === '' ? 'End the other PostgreSQL processes of this folder' : `End its processes ${pids} with SIGTERM`,
  )
}

function startFailed(message: string, hint: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError('postgres_start_failed', message, hint, cause)
}

function quote(log: string): string {
  const lines = lastLines(log, LOG_LINES)
  return lines === '' ? '' : `, its last lines:\n${lines}\n`
}
