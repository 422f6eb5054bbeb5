import { endedFlowStates, type FlowRun, type FlowStreamMessage, type Language } from '@fabrique/contract'
import { sql } from 'kysely'
import { type EventStream, type OpenEventSource, toDatabaseError, type VerbContext } from '../../../platform/index.js'
import { flowRunChannel } from '../engine/statements.js'
import { getFlowRun } from './get-run.js'
import { readDropped, readLines } from './list-logs.js'
import { describeStep, readSteps } from './step-rows.js'

/** Messages come at most this often. */
const pauseMs = 500
/** A signal may be lost, and a run may become late without one. */
const pollMs = 3_000
const linesAtOnce = 500
const stepsAtOnce = 200

export interface RunStreamOptions {
  readonly ctx: VerbContext
  readonly events: EventStream
  readonly run: string
  readonly language: Language
  /** Lines of the log after this position; undefined where none are wanted. */
  readonly after: number | undefined
  readonly source: OpenEventSource
}

/**
 * One reader of a run: the run, its steps, then its log, and from then on what changes, until the run is over. Each message is sent at
 * least once; one that comes back gets the run and its steps whole, and goes on in the log where it was.
 */
class RunStream {
  readonly #options: RunStreamOptions
  readonly #stopListening: () => void
  readonly #poll: NodeJS.Timeout
  #timer: NodeJS.Timeout | undefined
  #isBusy = false
  #isWoken = false
  #isClosed = false
  #after: number | undefined
  #sentRun = ''
  #sentDropped = 0
  /** What was sent of each step: its row and, of a map, how many items are over. */
  #sentSteps = new Map<string, string>()

  constructor(options: RunStreamOptions) {
    this.#options = options
    this.#after = options.after
    this.#stopListening = options.events.listen(flowRunChannel, (run) => {
      if (run === options.run) this.#wake()
    })
    this.#poll = setInterval(() => this.#wake(), pollMs)
    void this.#send()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#poll)
    clearTimeout(this.#timer)
    this.#stopListening()
  }

  #wake(): void {
    if (this.#isClosed) return
    if (this.#isBusy) this.#isWoken = true
    else this.#timer ??= setTimeout(() => void this.#send(), pauseMs)
  }

  async #send(): Promise<void> {
    this.#timer = undefined
    this.#isBusy = true
    this.#isWoken = false
    try {
      const { ctx, run, language, source } = this.#options
      // Read first: what a run that is over has to show was written before.
      const described = await getFlowRun({ ctx, input: { flow_run: run, language } })
      this.#sendRun(described)
      await this.#sendSteps()
      await this.#sendLines()
      const isOver = endedFlowStates.some((type) => type === described.state.type)
      if (isOver && !this.#isClosed) {
        source.send({ event: 'end', data: '{}' })
        source.end()
      }
    } catch (error) {
      this.#options.ctx.log.debug({ err: toDatabaseError(error) }, 'A stream of a flow run waits for the database')
    }
    this.#isBusy = false
    if (this.#isWoken) this.#wake()
  }

  #message(message: FlowStreamMessage, id?: number): void {
    this.#options.source.send({ data: JSON.stringify(message), ...(id === undefined ? {} : { id: String(id) }) })
  }

  #sendRun(run: FlowRun): void {
    const text = JSON.stringify(run)
    if (text === this.#sentRun) return
    this.#sentRun = text
    this.#message({ kind: 'run', run })
  }

  async #sendSteps(): Promise<void> {
    const { ctx, run, language, source } = this.#options
    const { rows } = await sql<{ readonly name: string; readonly mark: string }>`
      select step.name, step.xmin::text || ':' || coalesce((
        select count(item.ended_at) || '/' || count(*) from flow_steps item
        where step.kind = 'map' and step.ended_at is null and item.run_id = step.run_id and item.map = step.name
      ), '') as mark
      from flow_steps step where step.run_id = ${run} and step.map is null order by step.position
    `.execute(ctx.db)
    const changed = rows.filter(({ name, mark }) => this.#sentSteps.get(name) !== mark)
    for (let first = 0; first < changed.length && !this.#isClosed; first += stepsAtOnce) {
      const part = changed.slice(first, first + stepsAtOnce)
      const steps = await readSteps(
        ctx.db,
        run,
        part.map(({ name }) => name),
        'small',
      )
      this.#message({ kind: 'steps', steps: steps.map((step) => describeStep(step, language)) })
      for (const { name, mark } of part) this.#sentSteps.set(name, mark)
      await source.drained()
    }
  }

  async #sendLines(): Promise<void> {
    const { ctx, run, source } = this.#options
    while (this.#after !== undefined && !this.#isClosed) {
      const lines = await readLines(ctx.db, run, { after: this.#after, most: linesAtOnce })
      const dropped = await readDropped(ctx.db, run)
      const last = lines.at(-1)
      if (last === undefined && dropped === this.#sentDropped) return
      this.#after = last?.position ?? this.#after
      this.#sentDropped = dropped
      this.#message({ kind: 'logs', lines: [...lines], dropped }, this.#after)
      await source.drained()
      if (lines.length < linesAtOnce) return
    }
  }
}

/** Sends a run as it changes until it is over or the reader is gone. */
export function openRunStream(options: RunStreamOptions): { close(): void } {
  return new RunStream(options)
}
