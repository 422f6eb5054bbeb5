import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeLabels } from '../data/class-labels.js'
import { itemAt } from '../data/element.js'
import { type Table, table, takeTableRows } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import type { ClassTarget } from '../estimators/estimator.js'
import { heldBackFold, learnDecision } from '../experiment/learn-decision.js'
import { takeTarget } from '../experiment/target-rows.js'
import { fitPipeline } from '../pipeline/fit-pipeline.js'
import { predictPipeline } from '../pipeline/predict-pipeline.js'
import type { CalibrationMethod } from './calibrate-classifier.js'
import type { ThresholdGoal } from './tune-threshold.js'

interface Case {
  readonly kind: string
  readonly method: CalibrationMethod
  readonly classes: 2 | 3
  readonly probabilities: readonly (readonly number[])[]
  readonly codes: readonly number[]
  readonly thresholds?: readonly {
    readonly goal: ThresholdGoal
    readonly score: number
    readonly least: number
    readonly greatest: number
  }[]
}

// Written by test/conformance/ml_parity/calibration.py with the version that stands in it.
const fixture = JSON.parse(readFileSync(new URL('../../test/parity/calibration.json', import.meta.url), 'utf8')) as {
  readonly features: readonly (readonly number[])[]
  readonly fresh: readonly (readonly number[])[]
  readonly targets: Readonly<Record<string, readonly number[]>>
  readonly folds: Readonly<Record<string, readonly (readonly number[])[]>>
  readonly cases: readonly Case[]
}

const tableOf = (columns: readonly (readonly number[])[]): Table =>
  table(columns.map((values, index) => ({ kind: 'number', name: `f${index}`, values: Float64Array.from(values) })))
const rows = tableOf(fixture.features)
const fresh = tableOf(fixture.fresh)

const params: Readonly<Record<string, object>> = {
  logistic_regression: { tol: 1e-10, max_iter: 10_000 },
  linear_svc: { tol: 1e-10, max_iter: 100_000 },
  k_neighbors_classifier: { n_neighbors: 9 },
}

/** The pipeline that scikit-learn's `CalibratedClassifierCV(ensemble=False)` is, on its folds. */
async function calibrated({ kind, method, classes }: Case, threshold?: ThresholdGoal) {
  const labels = encodeLabels((fixture.targets[classes] ?? []).map(String))
  const target: ClassTarget = { kind: 'classes', labels }
  const definition = {
    columns: [{ columns: ['f0', 'f1', 'f2'], steps: [] }],
    features: [],
    estimator: { kind, params: { ...params[kind] } },
  }
  const fit = (chosen: Int32Array) =>
    fitPipeline<'classification'>(
      definition,
      { table: takeTableRows(rows, chosen), target: takeTarget(target, chosen) },
      estimatorNamed,
    )
  const wanted = { calibration: method, ...(threshold === undefined ? {} : { threshold }) }
  const heldBack = []
  for (const tested of fixture.folds[classes] ?? []) {
    const trainRows = Int32Array.from(labels.codes.keys()).filter((row) => !tested.includes(row))
    const fold = { trainRows, testRows: Int32Array.from(tested) }
    const work = { target, wanted, estimators: estimatorNamed }
    heldBack.push(heldBackFold(await fit(trainRows), rows, fold, work))
  }
  const decision = learnDecision(wanted, target, heldBack, undefined)
  const { calibration } = decision
  const plain = await fit(Int32Array.from(labels.codes.keys()))
  return { decision, pipeline: { ...plain, ...(calibration === undefined ? {} : { calibration }) } }
}

describe.each(fixture.cases)('$kind with $method, $classes classes, as scikit-learn', (given) => {
  test('gives the same probabilities of rows that are new', async () => {
    const { pipeline } = await calibrated(given)
    const { probabilities, codes } = predictPipeline(pipeline, fresh, estimatorNamed)
    for (const [code, expected] of given.probabilities.entries()) {
      for (const [row, value] of expected.entries()) {
        // Scikit-learn stops its search for a sigmoid at a gradient of 1e-6.
        expect(itemAt(probabilities?.[code] ?? [], row)).toBeCloseTo(value, 4)
      }
    }
    expect([...codes]).toEqual(given.codes)
  })

  test.each(given.thresholds ?? [])('tunes the threshold for $goal', async ({ goal, score, least, greatest }) => {
    const { decision } = await calibrated(given, goal)
    expect(decision.thresholdScore).toBeCloseTo(score, 9)
    expect(decision.threshold).toBeGreaterThan(least - 1e-4)
    expect(decision.threshold).toBeLessThan(greatest + 1e-4)
  })
})
