import { float64At } from '../data/element.js'
import type { FitRun } from '../estimators/estimator.js'
import { createPace, type Pace } from '../estimators/pace.js'
import { type LossPool, startLossPool } from './loss-pool.js'
import { createPartWorker, type LossPhase, type LossTask, lossPhases, type PartWorker, partCount } from './loss-task.js'
import type { Objective } from './minimum.js'

/** What is minimised: `scale` times the loss, plus half of `l2` times the squares of the coefficients. */
export interface Penalised {
  readonly task: LossTask
  readonly scale: number
  readonly l2: number
  /** The same for intercepts; null when there are none. */
  readonly interceptL2: number | null
}

/** Fewer multiplications per evaluation than this are done sooner than threads are started. */
const threadedWorkMin = 8_000_000

/** Multiplications of one evaluation. */
function workOf({ rows, outputCount }: Pick<LossTask, 'rows' | 'outputCount'>): number {
  const entries = rows.kind === 'dense' ? rows.values.length : rows.values.length + 4 * rows.rowCount
  return 2 * outputCount * entries
}

/** How many threads are worth starting: 0 to stay in the calling one. */
export function usefulThreads(entryCount: number, outputCount: number, { threads = 0 }: FitRun): number {
  return threads > 1 && 2 * entryCount * outputCount >= threadedWorkMin ? threads : 0
}

/** Runs `use` with an objective that may compute in threads, which are stopped afterwards. */
export async function withObjective<Result>(
  penalised: Penalised,
  run: FitRun & { readonly threadCount: number },
  use: (objective: Objective) => Promise<Result>,
): Promise<Result> {
  const { task } = penalised
  const pace = createPace(run.signal)
  await pace.spend(0)
  if (run.threadCount === 0) return use(penalisedObjective(penalised, inThisThread(task, pace)))
  const pool = startLossPool(task, run.threadCount, run.signal)
  try {
    return await use(penalisedObjective(penalised, inPool(task, pool)))
  } finally {
    await pool.close()
  }
}

type Phases = () => Promise<void>

function inThisThread(task: LossTask, pace: Pace): Phases {
  const doPart: PartWorker = createPartWorker(task)
  const phases = lossPhases(task).map((phase) => [phase, partCount(task, phase)] as const)
  const work = workOf(task) / (phases.length * partCount(task, 'rows'))
  return async () => {
    for (const [phase, parts] of phases) {
      for (let part = 0; part < parts; part++) {
        doPart(phase, part)
        await pace.spend(work)
      }
    }
  }
}

function inPool(task: LossTask, pool: LossPool): Phases {
  const phases: readonly LossPhase[] = lossPhases(task)
  return async () => {
    for (const phase of phases) await pool.run({ phase, partCount: partCount(task, phase) })
  }
}

function penalisedObjective({ task, scale, l2, interceptL2 }: Penalised, runPhases: Phases): Objective {
  const coefficientCount = task.rows.columnCount * task.outputCount
  return {
    async evaluate(parameters, gradient) {
      task.parameters.set(parameters)
      await runPhases()
      sumGradients(task, gradient)
      let value = 0
      for (let part = 0; part < task.partLosses.length; part++) value += float64At(task.partLosses, part)
      value *= scale
      for (let index = 0; index < gradient.length; index++) {
        const isIntercept = index >= coefficientCount
        const weight = isIntercept ? (interceptL2 ?? 0) : l2
        const parameter = float64At(parameters, index)
        value += 0.5 * weight * parameter * parameter
        gradient[index] = scale * float64At(gradient, index) + weight * parameter
        if (isIntercept && interceptL2 === null) gradient[index] = 0
      }
      return value
    },
  }
}

/** Adds the parts up in their order. */
function sumGradients(task: LossTask, gradient: Float64Array): void {
  const { partGradients, partLosses, outputCount } = task
  const size = partGradients.length / partLosses.length
  const start = gradient.length - size
  if (task.rows.kind === 'dense') gradient.fill(0)
  else {
    gradient.set(task.gradient)
    gradient.fill(0, gradient.length - outputCount)
  }
  for (let at = 0; at < partGradients.length; at += size) {
    for (let index = 0; index < size; index++) {
      gradient[start + index] = float64At(gradient, start + index) + float64At(partGradients, at + index)
    }
  }
}
