import type { Log } from '../../../platform/index.js'
import { type RunnerOptions, RunnerProcess } from './runner-process.js'

/** A process that has nothing to do is ended after this; one of each project stays. */
const idleMs = 60_000

/** A process is replaced after so many runs: what their code leaks does not add up for ever. */
const runsMax = 200

/** The processes that run flows, by the project that they have loaded. The engine bounds how many runs there are at once. */
export class RunnerPool {
  readonly #optionsOf: (project: string) => RunnerOptions
  readonly #log: Log
  readonly #idle = new Map<string, RunnerProcess[]>()
  readonly #all = new Set<RunnerProcess>()
  readonly #timers = new Map<RunnerProcess, NodeJS.Timeout>()
  #isClosed = false

  constructor(optionsOf: (project: string) => RunnerOptions, log: Log) {
    this.#optionsOf = optionsOf
    this.#log = log
  }

  /** Starts a process that the first run of a project finds ready. */
  warm(project: string): void {
    if (this.#isClosed || this.#idleOf(project).length > 0) return
    this.#keep(project, this.#start(project))
  }

  /** A process for one run. */
  take(project: string): RunnerProcess {
    const idle = this.#idleOf(project)
    for (;;) {
      const runner = idle.pop()
      if (runner === undefined) return this.#start(project)
      clearTimeout(this.#timers.get(runner))
      if (runner.isAlive) return runner
    }
  }

  /** Gives one back; where its run left something behind, it is ended with that. */
  giveBack(project: string, runner: RunnerProcess, isClean: boolean): void {
    runner.detach()
    if (this.#isClosed || !isClean || !runner.isAlive || runner.runs >= runsMax) {
      runner.kill()
      this.warm(project)
    } else this.#keep(project, runner)
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    const all = [...this.#all]
    for (const runner of all) runner.kill()
    await Promise.all(all.map(({ exited }) => exited))
  }

  #start(project: string): RunnerProcess {
    const runner = new RunnerProcess(this.#optionsOf(project))
    this.#all.add(runner)
    this.#log.debug({ project, pid: runner.pid }, 'A process for flows has begun')
    void runner.exited.then(() => {
      this.#all.delete(runner)
      this.#timers.delete(runner)
      const idle = this.#idleOf(project)
      const place = idle.indexOf(runner)
      if (place >= 0) idle.splice(place, 1)
    })
    return runner
  }

  #keep(project: string, runner: RunnerProcess): void {
    const idle = this.#idleOf(project)
    idle.push(runner)
    if (idle.length === 1) return
    const timer = setTimeout(() => {
      const place = idle.indexOf(runner)
      if (place < 0 || idle.length === 1) return
      idle.splice(place, 1)
      runner.kill()
    }, idleMs)
    timer.unref()
    this.#timers.set(runner, timer)
  }

  #idleOf(project: string): RunnerProcess[] {
    const found = this.#idle.get(project)
    if (found !== undefined) return found
    const idle: RunnerProcess[] = []
    this.#idle.set(project, idle)
    return idle
  }
}
