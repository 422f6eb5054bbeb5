import { FabriqueError, type Json } from '@fabrique/contract'
import type { MapOptions, StepTask } from '../sdk/flow-steps.js'
import type { Execution } from './execution.js'
import { MapPlaces } from './map-places.js'
import { outcomeOf, runStep, stepOf } from './run-step.js'
import { failureOf, StepFailure } from './step-failure.js'

const concurrencyDefault = 10

/** Between two tellings of how many items are over. */
const progressMs = 200

export interface MapToRun {
  readonly name: string
  readonly items: readonly unknown[]
  readonly action: (item: unknown, task: StepTask, index: number) => unknown
  readonly options: MapOptions
}

/**
 * A step for each item, some of them at once. The map is a step too, which holds nothing but their number: the results are those of its
 * items. After one that failed, no other begins to work.
 */
export async function mapStep(execution: Execution, { name, items, action, options }: MapToRun): Promise<Json[]> {
  const { concurrency = concurrencyDefault, ...itemOptions } = options
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    const reason = `concurrency is ${concurrency}; it is a whole number above 0`
    const reason_fr = `concurrency vaut ${concurrency} ; c’est un nombre entier supérieur à 0`
    throw new FabriqueError('flow_step_invalid', { step: name, reason, reason_fr })
  }
  execution.claim(name)
  const after = execution.frontier
  const finished = execution.finished(name)
  if (finished !== undefined && finished.kind !== 'completed') {
    // The items that it never began are not begun now.
    execution.passed(name, after)
    throw new StepFailure(finished.failure, name)
  }
  const isOver = finished !== undefined
  // Begun together with its first items: they do not wait for it.
  const begun = isOver ? Promise.resolve() : execution.begin(stepOf({ name, kind: 'map', after, options: {} }))
  begun.catch(() => {})
  const results: Json[] = Array.from({ length: items.length }, () => null)
  const failures: unknown[] = []
  let next = 0
  let done = 0
  let toldAtMs = 0
  const tellProgress = () => {
    if (isOver || (done < items.length && Date.now() - toldAtMs < progressMs)) return
    toldAtMs = Date.now()
    execution.tellProgress(name, done, items.length)
  }
  const code = action.toString()
  const { retries, timeout, limit, cache } = options
  const places = new MapPlaces({
    count: concurrency,
    // What has no place yet is to take neither time nor a slot.
    mayBeAhead: retries === undefined && timeout === undefined && limit === undefined && cache === undefined,
    giveBack: (names) => execution.ask({ kind: 'call', method: 'giveBack', names }),
  })
  const promises: Promise<void>[] = []
  const begin = (index: number): void => {
    let isFree = false
    let hasPlace = false
    let ranMs = 0
    // The place is free when the function has ended: the next item begins while this one is written.
    const free = () => {
      if (isFree) return
      isFree = true
      places.leave(hasPlace ? ranMs : undefined)
      beginNext()
    }
    places.open()
    const running = runStep(execution, {
      name: `${name}[${index}]`,
      async action(task) {
        const beganMs = performance.now()
        try {
          return await action(items[index], task, index)
        } finally {
          ranMs = performance.now() - beganMs
        }
      },
      options: itemOptions,
      item: { map: name, value: items[index], code },
      async place(itemName, attempt) {
        const isBegun = hasPlace || (await places.take(itemName, attempt))
        hasPlace = true
        return isBegun
      },
      onActionOver: () => queueMicrotask(free),
    }).then(
      (result) => {
        results[index] = result
        done += 1
        tellProgress()
      },
      (error: unknown) => {
        failures.push(error)
        places.stop(error)
      },
    )
    promises.push(running.then(free))
  }
  const beginNext = (): void => {
    while (next < items.length && failures.length === 0 && !execution.signal.aborted && places.hasRoom) {
      next += 1
      begin(next - 1)
    }
  }
  beginNext()
  // Items are added while these are waited for.
  for (let index = 0; index < promises.length; index += 1) await promises[index]
  await begun
  // A map is over when its items are.
  await execution.settled()
  execution.signal.throwIfAborted()
  if (failures.length > 0 && !isOver) execution.tellProgress(name, done, items.length)
  const end =
    failures.length === 0
      ? { kind: 'completed' as const, result: JSON.stringify({ items: items.length }) }
      : { kind: 'failed' as const, failure: failureOf(failures[0], name) }
  if (!isOver) execution.end(name, end)
  execution.passed(name, after)
  if (end.kind === 'failed') outcomeOf(name, end, failures[0])
  return results
}
