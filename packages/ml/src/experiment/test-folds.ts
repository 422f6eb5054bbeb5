import type { Table } from '../data/table.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { EstimatorLookup, FittedPipeline } from '../pipeline/pipeline.js'
import type { Evaluation } from './evaluate-model.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { decisionFolds, type HeldBackFold, heldBackFold, learnsDecision } from './learn-decision.js'
import { trainingFolds } from './training-folds.js'

export interface FoldWork {
  readonly rows: Table
  readonly definition: ExperimentDefinition
  readonly target: ClassTarget | ValueTarget
  readonly trainRows: Int32Array
  readonly estimators: EstimatorLookup
  fit(rows: Int32Array): Promise<FittedPipeline<LearningTask>>
  test(pipeline: FittedPipeline<LearningTask>, rows: Int32Array): Evaluation
  /** Told before each fit. */
  readonly onFold: (done: number, total: number) => void
}

export interface FoldsTested {
  /** Mean and standard deviation of each metric over the folds: `cv_r2_mean`, `cv_r2_std`; none where no folds were asked for. */
  readonly metrics: Readonly<Record<string, number>>
  /** What a decision is learnt from; empty where there is none to learn. */
  readonly heldBack: readonly HeldBackFold[]
  readonly count: number
}

/**
 * Fits on folds of the training rows, where that is asked for or a calibration or threshold is learnt from them, and tests each fit on the
 * rows left out: the classifier alone, before any calibration.
 * @throws MlError of the folds, fit and metrics; `invalid_parameter` for folds asked for beside a split that is not by chance
 */
export async function testFolds(work: FoldWork): Promise<FoldsTested> {
  const { rows, definition, target, trainRows, estimators, fit, test, onFold } = work
  const learns = learnsDecision(definition) && target.kind === 'classes' ? target : undefined
  if (definition.folds === undefined && learns === undefined) return { metrics: {}, heldBack: [], count: 0 }
  const { kind } = definition.split
  if (definition.folds !== undefined && kind !== 'random') {
    throw new MlError('invalid_parameter', `Folds go with a split by chance, not by ${kind}: leave one of them out`, {
      value: definition.folds,
    })
  }
  const folds = trainingFolds(rows, target, { definition, trainRows, folds: definition.folds ?? decisionFolds })
  const found: Readonly<Record<string, number>>[] = []
  const heldBack: HeldBackFold[] = []
  for (const [index, fold] of folds.entries()) {
    onFold(index, folds.length)
    const pipeline = await fit(fold.trainRows)
    if (definition.folds !== undefined) found.push(test(pipeline, fold.testRows).metrics)
    if (learns === undefined) continue
    heldBack.push(heldBackFold(pipeline, rows, fold, { target: learns, wanted: definition, estimators }))
  }
  return { metrics: summarize(found), heldBack, count: folds.length }
}

function summarize(found: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  return Object.fromEntries(
    Object.keys(found[0] ?? {}).flatMap((name) => {
      const values = found.map((metrics) => metrics[name] ?? Number.NaN)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
      if (Number.isNaN(mean)) return []
      return [
        [`cv_${name}_mean`, mean],
        [`cv_${name}_std`, deviation],
      ]
    }),
  )
}
