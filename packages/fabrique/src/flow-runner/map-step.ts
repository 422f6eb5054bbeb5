import { FabriqueError, type Json } from '@fabrique/contract'
import type { MapOptions, StepTask } from '../sdk/flow-steps.js'
import type { Execution } from './execution.js'
import { outcomeOf, runStep, stepOf } from './run-step.js'
import { failureOf, StepFailure } from './step-failure.js'

const concurrencyDefault = 10

export interface MapToRun {
  readonly name: string
  readonly items: readonly unknown[]
  readonly action: (item: unknown, task: StepTask, index: number) => unknown
  readonly options: MapOptions
}

/**
 * A step for each item, some of them at once. The map is a step too, which holds nothing but their number: the results are those of its
 * items. After one that failed, no other begins.
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
  const promises: Promise<void>[] = []
  const beginNext = (): void => {
    if (next >= items.length || failures.length > 0 || execution.signal.aborted) return
    const index = next
    next += 1
    let isFree = false
    // The place is free when the function has ended: the next item begins while this one is written.
    const free = () => {
      if (isFree) return
      isFree = true
      beginNext()
    }
    const running = runStep(execution, {
      name: `${name}[${index}]`,
      action: (task) => action(items[index], task, index),
      options: itemOptions,
      item: { map: name, value: items[index] },
      onActionOver: () => queueMicrotask(free),
    }).then(
      (result) => {
        results[index] = result
        done += 1
        if (!isOver) execution.tellProgress(name, done, items.length)
      },
      (error: unknown) => {
        failures.push(error)
      },
    )
    promises.push(running.then(free))
  }
  for (let place = 0; place < concurrency; place += 1) beginNext()
  // Items are added while these are waited for.
  for (let index = 0; index < promises.length; index += 1) await promises[index]
  await begun
  // A map is over when its items are.
  await execution.settled()
  execution.signal.throwIfAborted()
  const end =
    failures.length === 0
      ? { kind: 'completed' as const, result: JSON.stringify({ items: items.length }) }
      : { kind: 'failed' as const, failure: failureOf(failures[0], name) }
  if (!isOver) execution.end(name, end)
  execution.passed(name, after)
  if (end.kind === 'failed') outcomeOf(name, end, failures[0])
  return results
}
