import { describe, expect, test } from 'vitest'
import { type Table, table, textColumn } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import { createRandom } from '../random/create-random.js'
import { chooseModel } from './choose-model.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { learnDecision } from './learn-decision.js'
import { readTarget } from './read-target.js'
import { type ExperimentProgress, runExperiment } from './run-experiment.js'
import { searchModel } from './search-model.js'
import { trainingFolds } from './training-folds.js'

const rowCount = 600
const random = createRandom(11)
const numbers = (name: string, make: (row: number) => number) => ({
  kind: 'number' as const,
  name,
  values: Float64Array.from({ length: rowCount }, (_, row) => make(row)),
})
const a = numbers('a', () => 2 * random.float() - 1)
const b = numbers('b', () => 2 * random.float() - 1)
const level = Array.from(a.values, (value, row) => value + (b.values[row] ?? 0) / 2 + 1.2 * (random.float() - 0.5))
/** One row in six is `yes`. */
const pair = textColumn(
  'pair',
  level.map((value) => (value > 0.8 ? 'yes' : 'no')),
)
const three = textColumn(
  'three',
  level.map((value) => (value > 0.5 ? 'high' : value > -0.3 ? 'middle' : 'low')),
)
const group = numbers('group', (row) => row % 30)
const day = numbers('day', (row) => (row * 7) % rowCount)
const weight = numbers('weight', (row) => 1 + (row % 3))
const rows = table([a, b, pair, three, group, day, weight, numbers('amount', (row) => level[row] ?? 0)])

const bayes: ExperimentDefinition = {
  target: 'pair',
  features: ['a', 'b'],
  estimator: { kind: 'gaussian_nb' },
  split: { kind: 'random', testShare: 0.3 },
  seed: 1,
}
const forest = { kind: 'random_forest_classifier', params: { n_estimators: 20, random_state: 1 } }
const run = (given: Partial<ExperimentDefinition>, of: Table = rows, told?: (progress: ExperimentProgress) => void) =>
  runExperiment(
    of,
    { ...bayes, ...given },
    { estimators: estimatorNamed, ...(told === undefined ? {} : { onProgress: told }) },
  )
const refused = (code: string) => expect.objectContaining({ code })

describe('a calibrated experiment', () => {
  test('is better calibrated than without, says so, and is the same each time', async () => {
    const plain = await run({ estimator: forest })
    const told: ExperimentProgress[] = []
    const found = await run({ estimator: forest, calibration: 'sigmoid' }, rows, (progress) => told.push(progress))
    expect(found.pipeline.model).toEqual(plain.pipeline.model)
    expect(found.metrics.uncalibrated_log_loss).toBe(plain.metrics.log_loss)
    expect(found.metrics.uncalibrated_brier).toBe(plain.metrics.brier)
    expect(found.metrics.log_loss).toBeLessThan(plain.metrics.log_loss ?? 0)
    expect(found.metrics.calibration_error).not.toBe(found.metrics.uncalibrated_calibration_error)
    expect(found.metrics.roc_auc).toBeCloseTo(plain.metrics.roc_auc ?? 0, 12)
    const report = found.decision?.calibration
    expect(report).toMatchObject({ method: 'sigmoid', folds: 5, rows: 420, classes: [{ name: 'yes' }] })
    expect(report?.after.log_loss).toBe(found.metrics.log_loss)
    expect(report?.curve_before).toEqual(plain.reports.calibration_curve)
    expect(report?.classes).toEqual([
      { name: 'yes', slope: found.metrics.calibration_slope, offset: found.metrics.calibration_offset },
    ])
    expect(told.filter(({ stage }) => stage === 'folds').map(({ done }) => done)).toEqual([0, 1, 2, 3, 4])
    expect(await run({ estimator: forest, calibration: 'sigmoid' })).toEqual(found)
    const copy = structuredClone(found.pipeline)
    expect(copy).toEqual(found.pipeline)
    expect(JSON.parse(JSON.stringify(found.decision))).toEqual(found.decision)
  })

  test('of more classes has a calibration for each, and no single figures of it', async () => {
    const found = await run({ target: 'three', calibration: 'isotonic' })
    expect(found.decision?.calibration?.classes.map(({ name }) => name)).toEqual(found.classes)
    expect(found.classes).toHaveLength(3)
    expect(Object.keys(found.metrics)).not.toContain('calibration_points')
    expect(found.metrics.calibration_error).toBeGreaterThan(0)
  })

  test('of a classifier that has scores only has probabilities then', async () => {
    const plain = await run({ estimator: { kind: 'linear_svc' } })
    expect(plain.metrics).not.toHaveProperty('log_loss')
    const { metrics, decision, predicted } = await run({ estimator: { kind: 'linear_svc' }, calibration: 'isotonic' })
    expect(metrics.log_loss).toBeGreaterThan(0)
    expect(metrics).not.toHaveProperty('uncalibrated_log_loss')
    expect(metrics.calibration_points).toBeGreaterThan(1)
    expect(decision?.calibration).not.toHaveProperty('before')
    expect(predicted).toMatchObject({ kind: 'classes', scores: null })
  })

  test('takes the folds that are asked for, and tests the classifier alone on them', async () => {
    const plain = await run({ folds: 3 })
    const found = await run({ folds: 3, calibration: 'sigmoid' })
    expect(found.decision?.calibration?.folds).toBe(3)
    expect(found.metrics.cv_log_loss_mean).toBe(plain.metrics.cv_log_loss_mean)
    expect(Object.keys(await run({ calibration: 'sigmoid' }).then(({ metrics }) => metrics))).not.toContain(
      'cv_accuracy_mean',
    )
  })

  test('weighs rows', async () => {
    const [plain, weighed] = [
      await run({ calibration: 'sigmoid' }),
      await run({ calibration: 'sigmoid', weight: 'weight' }),
    ]
    expect(weighed.metrics.calibration_slope).not.toBe(plain.metrics.calibration_slope)
  })

  test('of a class in one fold only is refused, and a class is told by its name', async () => {
    const rare = Array.from({ length: rowCount }, (_, row) => (row < 2 ? 'rare' : row % 2 === 0 ? 'yes' : 'no'))
    const with2 = table([a, b, textColumn('kind', rare)])
    const split = { kind: 'random', testShare: 0.5 } as const
    await expect(run({ target: 'kind', split, calibration: 'sigmoid' }, with2)).rejects.toThrowError(
      expect.objectContaining({ code: 'class_too_small', message: expect.stringContaining('"rare"') }),
    )
  })
})

describe('a threshold', () => {
  test('is what is best on rows held back, and says which rows are of the second class', async () => {
    const plain = await run({})
    const found = await run({ threshold: { kind: 'f1' } })
    expect(found.predicted.kind === 'classes' && found.predicted.probabilities).toEqual(
      plain.predicted.kind === 'classes' && plain.predicted.probabilities,
    )
    const threshold = found.metrics.threshold ?? Number.NaN
    expect(threshold).toBeLessThan(0.5)
    expect(found.decision?.threshold).toEqual({
      asked: { goal: 'f1' },
      threshold,
      positive: 'yes',
      score: found.metrics.threshold_score,
      folds: 5,
      rows: 420,
    })
    const ofYes = (report: typeof found.reports.classification_report) => report?.yes?.f1 ?? 0
    expect(ofYes(found.reports.classification_report)).toBeGreaterThan(ofYes(plain.reports.classification_report))
    if (found.predicted.kind !== 'classes') throw new Error('They are classes')
    expect([...found.predicted.codes]).toEqual(
      Array.from(found.predicted.probabilities?.[1] ?? [], (share) => (share >= threshold ? 1 : 0)),
    )
  })

  test('that is given is taken, without folds', async () => {
    const told: ExperimentProgress[] = []
    const found = await run({ threshold: { kind: 'fixed', value: 0.2 } }, rows, (progress) => told.push(progress))
    expect(told.some(({ stage }) => stage === 'folds')).toBe(false)
    expect(found.metrics.threshold).toBe(0.2)
    expect(found.decision?.threshold).toEqual({
      asked: { goal: 'fixed', value: 0.2 },
      threshold: 0.2,
      positive: 'yes',
    })
    expect((await run({ threshold: { kind: 'fixed', value: 0 } })).metrics.recall_macro).toBe(0.5)
  })

  test('comes after the calibration', async () => {
    const calibrated = await run({ estimator: { kind: 'linear_svc' }, calibration: 'sigmoid' })
    const both = await run({ estimator: { kind: 'linear_svc' }, calibration: 'sigmoid', threshold: { kind: 'youden' } })
    expect(both.pipeline.calibration).toEqual(calibrated.pipeline.calibration)
    expect(both.metrics.threshold).toBeLessThan(0.5)
    expect(both.metrics.balanced_accuracy).toBeGreaterThan(calibrated.metrics.balanced_accuracy ?? 1)
  })

  test('needs two classes, probabilities, and rows of both in the folds', async () => {
    const f1 = { kind: 'f1' } as const
    await expect(run({ target: 'three', threshold: f1 })).rejects.toThrowError(refused('threshold_needs_two_classes'))
    for (const threshold of [f1, { kind: 'fixed', value: 0.5 } as const]) {
      await expect(run({ estimator: { kind: 'linear_svc' }, threshold })).rejects.toThrowError(
        refused('threshold_needs_probabilities'),
      )
    }
    const ridge = { target: 'amount', estimator: { kind: 'ridge' } }
    await expect(run({ ...ridge, threshold: f1 })).rejects.toThrowError(refused('threshold_needs_two_classes'))
    await expect(run({ ...ridge, calibration: 'sigmoid' })).rejects.toThrowError(
      refused('calibration_needs_classifier'),
    )
    const target = readTarget(rows, 'pair')
    if (target.kind !== 'classes') throw new Error('They are classes')
    const no = Int32Array.from([...target.labels.codes.keys()].filter((row) => target.labels.codes[row] === 0))
    const fold = { rows: no, columns: [new Float32Array(no.length), new Float32Array(no.length)] }
    expect(() => learnDecision({ threshold: f1 }, target, [fold], undefined)).toThrowError(refused('single_class'))
  })
})

describe('folds follow the split', () => {
  const target = readTarget(rows, 'pair')
  const trainRows = Int32Array.from({ length: 400 }, (_, index) => index + 100)

  test('whole groups', async () => {
    const split = { kind: 'group', column: 'group', testShare: 0.3 } as const
    const folds = trainingFolds(rows, target, { definition: { split, seed: 1 }, trainRows, folds: 5 })
    const tested = folds.flatMap((fold) => [...fold.testRows])
    expect(tested.sort((first, second) => first - second)).toEqual([...trainRows])
    for (const fold of folds) {
      const groups = new Set(Array.from(fold.testRows, (row) => group.values[row]))
      expect([...fold.trainRows].some((row) => groups.has(group.values[row]))).toBe(false)
    }
    const found = await run({ split, calibration: 'sigmoid' })
    expect(found.decision?.calibration?.rows).toBe(found.trainRows.length)
  })

  test('later rows', async () => {
    const split = { kind: 'time', column: 'day', testShare: 0.3 } as const
    const folds = trainingFolds(rows, target, { definition: { split, seed: 1 }, trainRows, folds: 5 })
    for (const fold of folds) {
      const newest = Math.max(...Array.from(fold.trainRows, (row) => day.values[row] ?? 0))
      expect(Math.min(...Array.from(fold.testRows, (row) => day.values[row] ?? 0))).toBeGreaterThan(newest)
    }
    // The oldest sixth is trained on only.
    const found = await run({ split, calibration: 'sigmoid' })
    expect(found.decision?.calibration?.rows).toBe(5 * Math.floor(found.trainRows.length / 6))
    await expect(run({ split, calibration: 'sigmoid', folds: 4 })).rejects.toThrowError(refused('invalid_parameter'))
  })

  test('times of text', () => {
    const split = { kind: 'time', column: 'pair', testShare: 0.3 } as const
    expect(() => trainingFolds(rows, target, { definition: { split, seed: 1 }, trainRows, folds: 5 })).toThrowError(
      refused('invalid_parameter'),
    )
  })
})

describe('what is chosen first is calibrated then', () => {
  const wanted = { ...bayes, calibration: 'sigmoid', threshold: { kind: 'f1' } } as const

  test('a search', async () => {
    const space = { var_smoothing: { kind: 'choice', values: [1e-9, 0.5] } } as const
    const search = { method: 'grid', trials: 2, metric: 'accuracy', space } as const
    const found = await searchModel(rows, wanted, search, { estimators: estimatorNamed })
    const plain = await searchModel(rows, bayes, search, { estimators: estimatorNamed })
    expect(found.trials).toEqual(plain.trials)
    expect(found.experiment.pipeline.threshold).toBe(found.experiment.metrics.threshold)
    expect(found.experiment.pipeline.calibration?.method).toBe('sigmoid')
  })

  test('a competition', async () => {
    let now = 0
    const choose = { estimators: estimatorNamed, budgetSeconds: 1000, seconds: () => now++ }
    const few = (kind: string) => (/^(dummy|logistic)/.test(kind) ? estimatorNamed(kind) : undefined)
    const found = await chooseModel(rows, wanted, { ...choose, estimators: few })
    expect(found.leaderboard.flatMap(({ metrics }) => Object.keys(metrics))).not.toContain('threshold')
    expect(found.experiment.metrics.threshold).toBeLessThan(0.5)
  })

  test('and nothing is tried where it cannot be', async () => {
    const tried: unknown[] = []
    const three = { ...wanted, target: 'three' }
    const search = { method: 'random', trials: 2, metric: 'accuracy' } as const
    const onTrial = (trial: unknown) => void tried.push(trial)
    await expect(
      searchModel(rows, { ...three, estimator: forest }, search, { estimators: estimatorNamed, onTrial }),
    ).rejects.toThrowError(refused('threshold_needs_two_classes'))
    const run = { estimators: estimatorNamed, budgetSeconds: 100, seconds: () => 0, onCandidate: onTrial }
    await expect(chooseModel(rows, three, run)).rejects.toThrowError(refused('threshold_needs_two_classes'))
    expect(tried).toEqual([])
  })
})
