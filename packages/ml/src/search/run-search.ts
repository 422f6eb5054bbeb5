import { itemAt } from '../data/element.js'
import { abortedError, assertNotAborted } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { type Bracket, halvingBracket, hyperbandBrackets } from './halving.js'
import { medianPruner, neverPrune, type Pruner } from './pruners.js'
import { checkSpace, drawParameters, gridOf, type SearchParameters, type SearchSpace } from './search-space.js'
import { suggestTpe } from './suggest-tpe.js'
import { bestTrial, type Direction, lossOf, type Trial, type TrialReport } from './trial.js'

export const searchMethods = ['grid', 'random', 'tpe', 'halving', 'hyperband'] as const
export type SearchMethod = (typeof searchMethods)[number]

/** What a trial is given to do its work. */
export interface TrialRun {
  readonly number: number
  readonly parameters: SearchParameters
  /** Share of the rows or iterations to spend, 0..1. */
  readonly resource: number
  readonly signal: AbortSignal | undefined
  /** Tells a value on the way; true means: stop, it is not worth going on. */
  report(report: TrialReport): boolean
}

export interface SearchOptions {
  readonly space: SearchSpace
  readonly method: SearchMethod
  readonly direction: Direction
  /** Trials at most; a grid has as many as combinations, hyperband as its brackets ask for, and both stop here. */
  readonly trials: number
  readonly seed: number
  /** Trials at once; 1 by default. With more, `tpe` depends on which ends first. */
  readonly parallel?: number
  /** Stops trials that are worse than the median of others at the same step; for `grid`, `random` and `tpe`. */
  readonly prune?: boolean
  /** Trials of an earlier, interrupted search with the same options: they are not done again. */
  readonly earlier?: readonly Trial[]
  readonly signal?: AbortSignal
  /** Gives the value of a set of parameters; what it throws makes a failed trial, unless the search was aborted. */
  evaluate(trial: TrialRun): Promise<number>
  readonly onTrial?: (trial: Trial) => void | Promise<void>
}

export interface SearchResult {
  readonly trials: readonly Trial[]
  readonly best: Trial
}

/**
 * Looks for the parameters of the best value. The same options and seed give the same trials when one runs at a time.
 * @throws MlError `invalid_space`, `search_failed` when no trial finished, or `training_aborted`
 */
export async function runSearch(options: SearchOptions): Promise<SearchResult> {
  checkSpace(options.space)
  const search = createSearch(options)
  if (options.method === 'halving') {
    await runBracket(search, halvingBracket({ trials: options.trials }))
  } else if (options.method === 'hyperband') {
    for (const bracket of hyperbandBrackets()) {
      if (search.trials.length < options.trials) await runBracket(search, bracket)
    }
  } else await runPoints(search)
  const { trials } = search
  const best = bestTrial(trials, options.direction)
  if (best !== undefined) return { trials, best }
  const error = trials.find(({ state }) => state === 'failed')?.error
  throw new MlError(
    'search_failed',
    `None of ${trials.length} trials finished${error === undefined ? '' : `; the first failed: ${error}`}`,
  )
}

interface Search {
  readonly options: SearchOptions
  /** In the order of their numbers. */
  readonly trials: Trial[]
  readonly pruner: Pruner
  /** What runs at present, by number: the sampler counts it as bad, so that it does not choose the same again. */
  readonly running: Map<number, SearchParameters>
  /** Runs one trial, or takes it from an earlier search. */
  run(request: {
    readonly number: number
    readonly parameters: SearchParameters
    readonly resource: number
  }): Promise<Trial>
}

function createSearch(options: SearchOptions): Search {
  const { earlier = [], signal, direction, prune = false } = options
  const known = new Map(earlier.map((trial) => [trial.number, trial]))
  const trials: Trial[] = []
  const running = new Map<number, SearchParameters>()
  const pruner = prune ? medianPruner() : neverPrune

  return {
    options,
    trials,
    pruner,
    running,
    async run({ number, parameters, resource }) {
      assertNotAborted(signal)
      const before = known.get(number)
      if (before !== undefined) {
        trials.push(before)
        return before
      }
      running.set(number, parameters)
      const reports: TrialReport[] = []
      let isPruned = false
      const report = (told: TrialReport) => {
        reports.push(told)
        isPruned ||= resource === 1 && pruner(reports, trials, direction)
        return isPruned
      }
      const trial = await options
        .evaluate({ number, parameters, resource, signal, report })
        .then(
          (value): Trial => ({
            number,
            parameters,
            state: isPruned ? 'pruned' : Number.isNaN(value) ? 'failed' : 'finished',
            value: Number.isNaN(value) ? null : value,
            reports,
            resource,
            ...(Number.isNaN(value) ? { error: 'The value is not a number' } : {}),
          }),
          (error: unknown): Trial => {
            if (signal?.aborted === true) throw abortedError(signal)
            const message = error instanceof Error ? error.message : String(error)
            const state = isPruned ? 'pruned' : 'failed'
            const value = isPruned ? (reports.at(-1)?.value ?? null) : null
            return { number, parameters, state, value, reports, resource, ...(isPruned ? {} : { error: message }) }
          },
        )
        .finally(() => running.delete(number))
      trials.push(trial)
      await options.onTrial?.(trial)
      return trial
    },
  }
}

/** Points one after the other, or some at once: of a grid, by chance, or by what earlier ones tell. */
async function runPoints(search: Search): Promise<void> {
  const { options } = search
  const grid = options.method === 'grid' ? gridOf(options.space) : null
  const count = Math.min(options.trials, grid?.length ?? options.trials)
  await inParallel(count, options.parallel ?? 1, (number) => {
    const parameters = grid === null ? suggest(search, number) : itemAt(grid, number)
    return search.run({ number, parameters, resource: 1 })
  })
}

function suggest({ options, trials, running }: Search, number: number): SearchParameters {
  const random = createRandom(deriveSeed(options.seed, number))
  if (options.method !== 'tpe') return drawParameters(options.space, random)
  const rated = trials
    .filter(({ value }) => value !== null)
    .map(({ number: position, parameters, value }) => ({
      position,
      parameters,
      loss: lossOf(value ?? 0, options.direction),
    }))
    .sort((a, b) => a.position - b.position)
  const worst = Math.max(...rated.map(({ loss }) => loss), 0)
  const open = [...running.values()].map((parameters) => ({ parameters, loss: worst }))
  return suggestTpe(options.space, [...rated, ...open], random)
}

/** Trials with little of the resource first, the best of them again with more. */
async function runBracket(search: Search, bracket: Bracket): Promise<void> {
  const { options, trials } = search
  let first = trials.length
  let chosen: SearchParameters[] | null = null
  for (const { trialCount, resource } of bracket) {
    const start = first
    const points: readonly SearchParameters[] | null = chosen
    const count = points === null ? trialCount : Math.min(trialCount, points.length)
    const done: Trial[] = []
    await inParallel(count, options.parallel ?? 1, async (index) => {
      const number = start + index
      const parameters =
        points === null
          ? drawParameters(options.space, createRandom(deriveSeed(options.seed, number)))
          : itemAt(points, index)
      done.push(await search.run({ number, parameters, resource }))
    })
    first = start + count
    chosen = done
      .filter(({ value }) => value !== null)
      .sort(
        (a, b) =>
          lossOf(a.value ?? 0, options.direction) - lossOf(b.value ?? 0, options.direction) || a.number - b.number,
      )
      .map(({ parameters }) => parameters)
    if (chosen.length === 0) return
  }
}

/** Does 0..count-1, at most `limit` at once; the first error stops what has not begun, and is thrown when all have ended. */
async function inParallel(count: number, limit: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  let failed = false
  const worker = async () => {
    while (next < count && !failed) {
      try {
        await work(next++)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, count) }, worker))
  const rejected = results.find((result) => result.status === 'rejected')
  if (rejected !== undefined) throw rejected.reason
}
