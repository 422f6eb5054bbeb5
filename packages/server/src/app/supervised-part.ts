import { type ChildProcess, fork } from 'node:child_process'
import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorParams, FabriqueError } from '@fabrique/contract'
import { limit } from '../kernel/index.js'
import type { PartMessage } from './role.js'
import { systemClock } from './system.js'

export interface SupervisedPartOptions {
  readonly name: 'server' | 'worker' | 'predictor'
  /** The program and its arguments. */
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether it listens on one port with others of the same process, which hands connections to them in turn. */
  readonly sharesPort?: boolean
  /** The part died and is started again. */
  readonly onRestart: (reason: string) => void
  /** A one-time link that makes an admin was made. */
  readonly onAdminLink: (link: string) => void
  /** The part died too often. */
  readonly onGiveUp: (error: FabriqueError) => void
}

/** What a part tells once it is up. */
type PartReady = Omit<Extract<PartMessage, { readonly kind: 'ready' }>, 'kind'>

/** A process of its own that is started again when it dies. */
export interface SupervisedPart {
  /** Resolves when it is up for the first time; rejects with the reason when it cannot start. */
  readonly ready: Promise<PartReady>
  readonly pid: () => number | undefined
  stop(): Promise<void>
}

/**
 * Starts a part in a process group of its own, so that Ctrl-C reaches the supervisor only, which then stops the parts in
 * order. The part ends by itself when the supervisor is gone.
 */
export function startPart(options: SupervisedPartOptions): SupervisedPart {
  const { name } = options
  const deaths: number[] = []
  let child: ChildProcess | undefined
  let stopping = false
  let wasReady = false
  let settleReady: { resolve(value: PartReady): void; reject(error: unknown): void } | undefined
  const ready = new Promise<PartReady>((resolve, reject) => {
    settleReady = { resolve, reject }
  })
  // A part that fails before anyone waits for it must not end the supervisor.
  ready.catch(() => {})

  const launch = () => {
    let failure: FabriqueError | undefined
    let started: ChildProcess
    try {
      started = launchProcess(options)
    } catch (error) {
      void died(undefined, error instanceof Error ? error.message : String(error))
      return
    }
    child = started
    started.on('message', (message: PartMessage) => {
      if (message.kind === 'ready') {
        wasReady = true
        settleReady?.resolve(message)
        if (message.adminLink !== undefined) options.onAdminLink(message.adminLink)
      }
      if (message.kind === 'failed') {
        failure = new FabriqueError(message.code as 'internal_error', message.params as ErrorParams<'internal_error'>)
      }
    })
    // One that could not even be made has no exit.
    started.on('error', (error) => {
      if (started.pid === undefined && !stopping) void died(failure, error.message)
    })
    started.on('exit', (code, signal) => {
      if (child === started) child = undefined
      if (!stopping) void died(failure, signal ?? `exit code ${code}`)
    })
  }

  const died = async (failure: FabriqueError | undefined, reason: string) => {
    if (!wasReady) {
      settleReady?.reject(
        failure ?? new FabriqueError('part_keeps_dying', { part: name, count: 1, seconds: 60, reason }),
      )
      return
    }
    const now = systemClock.monotonicMs()
    deaths.push(now)
    const recent = deaths.filter((at) => now - at < 60_000).length
    if (recent > limit('supervisor.restarts_max')) {
      const told = failure?.message ?? reason
      options.onGiveUp(new FabriqueError('part_keeps_dying', { part: name, count: recent, seconds: 60, reason: told }))
      return
    }
    options.onRestart(failure?.message ?? reason)
    await sleep(recent === 1 ? 0 : 250 * 2 ** (recent - 2))
    if (!stopping) launch()
  }

  launch()
  return {
    ready,
    pid: () => child?.pid,
    async stop() {
      stopping = true
      const running = child
      if (running === undefined || running.exitCode !== null) return
      const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()))
      running.kill('SIGTERM')
      const abort = new AbortController()
      const deadline = sleep(limit('supervisor.stop_timeout_ms'), 'late', { signal: abort.signal }).catch(() => 'done')
      const first = await Promise.race([gone, deadline])
      abort.abort()
      if (first === 'late') {
        running.kill('SIGKILL')
        await gone
      }
    },
  }
}

function launchProcess({ program, args, env, sharesPort }: SupervisedPartOptions): ChildProcess {
  const environment = { MALLOC_ARENA_MAX: '2', ...env, FABRIQUE_SUPERVISED: '1' }
  if (sharesPort !== true) {
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
    return fork(program, [...args], { detached: true, env: environment, stdio: [...stdio] })
  }
  // What is set holds for those that are started from now on.
  cluster.setupPrimary({ exec: program, args: [...args] })
  return cluster.fork(environment).process
}
