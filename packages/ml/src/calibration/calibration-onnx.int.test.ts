import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { feedsOf } from '../../test/feature-probe.js'
import { nextDown, nextUp } from '../../test/float32-neighbours.js'
import { itemAt } from '../data/element.js'
import { type Table, table, takeTableRows, textColumn } from '../data/table.js'
import { estimatorNamed, estimators } from '../estimators/catalogue.js'
import type { ExperimentDefinition } from '../experiment/experiment-definition.js'
import { exportExperiment, runExperiment } from '../experiment/run-experiment.js'
import { encodeModel } from '../onnx/encode-model.js'
import { createGraphBuilder } from '../onnx/onnx-graph.js'
import { addPredictionOutputs, outputNames } from '../onnx/prediction-outputs.js'
import { predictPipeline } from '../pipeline/predict-pipeline.js'
import { createRandom } from '../random/create-random.js'
import { addCalibrationToGraph } from './add-calibration-to-graph.js'
import { type Calibration, calibrate, calibrationMethods, fitCalibration } from './calibrate-classifier.js'
import { applyThreshold } from './tune-threshold.js'

/** Runs a calibration and, of two classes, a threshold on columns of scores in onnxruntime. */
async function runGraph(calibration: Calibration, columns: readonly Float32Array[], threshold?: number) {
  const classes = columns.map((_, code) => `c${code}`)
  const names = outputNames('classification', classes, 0)
  const graph = createGraphBuilder('calibration', ['scores', ...names])
  const rowCount = columns[0]?.length ?? 0
  graph.input({ name: 'scores', elementType: 'float32', shape: ['N', columns.length] })
  const probabilities = addCalibrationToGraph(calibration, graph, { columns: 'scores', classCount: columns.length })
  const shape = { classes, componentCount: 0, ...(threshold === undefined ? {} : { threshold }) }
  addPredictionOutputs<'classification'>(graph, { probabilities }, shape)
  const session = await InferenceSession.create(encodeModel(graph.finish(), {}), { logSeverityLevel: 3 })
  const scores = new Float32Array(rowCount * columns.length)
  for (const [code, column] of columns.entries()) {
    for (const [row, score] of column.entries()) scores[row * columns.length + code] = score
  }
  const outputs = await session.run({ scores: new Tensor('float32', scores, [rowCount, columns.length]) })
  await session.release()
  return {
    labels: outputs.label?.data as string[],
    probabilities: classes.map((name) => outputs[`probability_${name}`]?.data as Float32Array),
  }
}

/** Scores of so many classes that say something of the class, rounded so that equal ones occur. */
function someScores(rowCount: number, classCount: number) {
  const random = createRandom(classCount)
  const truth = Int32Array.from({ length: rowCount }, () => random.intBelow(classCount))
  const columns = Array.from({ length: classCount }, (_, code) =>
    Float32Array.from(truth, (own) => Math.round(40 * (random.float() * 4 - 2 + (own === code ? 1 : 0))) / 40),
  )
  return { truth, columns }
}

describe.each(calibrationMethods)('%s in a file', (method) => {
  test.each([2, 3, 7])('of %i classes has the same bits at each point, beside it and beyond', async (classCount) => {
    const { truth, columns } = someScores(600, classCount)
    const calibration = fitCalibration(truth, columns, method)
    const edges = columns.flatMap((column) =>
      Array.from(new Set(column), (score) => [nextDown(score), score, nextUp(score)]).flat(),
    )
    const asked = [...edges, -1e30, 1e30, -3.4e38, 3.4e38, 0, -0, 1e-40, 0.12345]
    const probes = columns.map((_, code) =>
      Float32Array.from(asked, (_score, row) => itemAt(asked, (row + 5 * code) % asked.length)),
    )
    const here = calibrate(calibration, probes)
    const there = await runGraph(calibration, probes)
    expect(there.labels).toEqual(Array.from(here.codes, (code) => `c${code}`))
    for (const [code, column] of there.probabilities.entries()) {
      expect([...column]).toEqual([...itemAt(here.probabilities ?? [], code)])
    }
  })

  test('a threshold takes a row whose probability is just it', async () => {
    const { truth, columns } = someScores(600, 2)
    const calibration = fitCalibration(truth, columns, method)
    const second = itemAt(calibrate(calibration, columns).probabilities ?? [], 1)
    for (const threshold of [itemAt(second, 0), nextUp(itemAt(second, 0)), itemAt(second, 7), 0, 1, 0.35]) {
      const { labels } = await runGraph(calibration, columns, threshold)
      expect(labels).toEqual(Array.from(applyThreshold(second, threshold), (code) => `c${code}`))
    }
  })
})

test('a calibration that knows one probability only', async () => {
  const truth = Int32Array.from({ length: 10 }, (_, row) => row % 2)
  const columns = [new Float32Array(10).fill(0.5), new Float32Array(10).fill(0.5)]
  const calibration = fitCalibration(truth, columns, 'isotonic')
  const { labels, probabilities } = await runGraph(calibration, columns)
  expect(new Set(labels)).toEqual(new Set(['c0']))
  expect([...itemAt(probabilities, 1)]).toEqual(new Array(10).fill(0.5))
})

test('probabilities of nothing are shared out evenly', async () => {
  // Each class is never seen below 0.
  const truth = Int32Array.of(0, 1, 2, 0, 1, 2)
  const columns = [0, 1, 2].map((code) => Float32Array.from(truth, (own) => (own === code ? 1 : -1)))
  const calibration = fitCalibration(truth, columns, 'isotonic')
  const probes = [0, 1, 2].map(() => Float32Array.of(-1))
  expect(calibrate(calibration, probes).probabilities?.map((column) => column[0])).toEqual(
    new Array(3).fill(Math.fround(1 / 3)),
  )
  const { probabilities } = await runGraph(calibration, probes)
  expect(probabilities.map((column) => column[0])).toEqual(new Array(3).fill(Math.fround(1 / 3)))
})

/** Rows with numbers above 0 and a text, and a class that depends on them. */
function customers(classCount: number): Table {
  const random = createRandom(7)
  const rowCount = 360
  const numbers = (name: string) => ({
    kind: 'number' as const,
    name,
    values: Float64Array.from({ length: rowCount }, () => 3 * random.float()),
  })
  const [age, spend] = [numbers('age'), numbers('spend')]
  const city = Array.from({ length: rowCount }, () => itemAt(['Paris', 'Lyon', 'Nice'], random.intBelow(3)))
  const kind = city.map((name, row) => {
    const level = itemAt(age.values, row) + (name === 'Lyon' ? 1 : 0) + 2 * random.float() - 1
    return `k${Math.max(0, Math.min(classCount - 1, Math.floor((level * classCount) / 4)))}`
  })
  return table([age, spend, textColumn('city', city), textColumn('kind', kind)])
}

/** Of these a file gives the same bits. */
const exact = /^(random_forest|extra_trees|decision_tree|dummy)/

describe('a calibrated pipeline answers as its file', () => {
  const classifiers = estimators.filter(({ task }) => task === 'classification').map(({ kind }) => kind)
  const small: Readonly<Record<string, object>> = {
    random_forest_classifier: { n_estimators: 12 },
    extra_trees_classifier: { n_estimators: 12, max_depth: 5 },
    hist_gradient_boosting_classifier: { max_iter: 15 },
    mlp_classifier: { hidden_layer_sizes: [8], max_iter: 40 },
  }
  const asked = [
    { calibration: 'sigmoid', classCount: 3 },
    { calibration: 'isotonic', classCount: 2 },
  ] as const
  test.each(classifiers.flatMap((kind) => asked.map((one) => ({ kind, ...one }))))(
    '$kind, $calibration, $classCount classes',
    async ({ kind, calibration, classCount }) => {
      const rows = customers(classCount)
      const definition: ExperimentDefinition = {
        target: 'kind',
        estimator: { kind, params: { ...small[kind] } },
        split: { kind: 'random', testShare: 0.3 },
        seed: 3,
        calibration,
        ...(classCount === 2 ? { threshold: { kind: 'f1' } } : {}),
      }
      const experiment = await runExperiment(rows, definition, { estimators: estimatorNamed })
      const { pipeline, classes } = experiment
      expect(pipeline.calibration?.method).toBe(calibration)
      const session = await InferenceSession.create(exportExperiment(experiment, estimatorNamed, definition), {
        logSeverityLevel: 3,
      })
      const outputs = await session.run(feedsOf(rows, session.inputNames))
      await session.release()
      const predicted = predictPipeline(pipeline, rows, estimatorNamed)
      if (predicted.kind !== 'classes') throw new Error('They are classes')
      expect(outputs.label?.data).toEqual(Array.from(predicted.codes, (code) => classes[code]))
      expect(predicted.scores).toBeNull()
      for (const [code, name] of classes.entries()) {
        const [here, there] = [predicted.probabilities?.[code] ?? [], outputs[`probability_${name}`]?.data ?? []]
        expect(there).toHaveLength(rows.rowCount)
        if (exact.test(kind)) expect([...there]).toEqual([...here])
        else for (const [row, value] of here.entries()) expect(Math.abs(Number(there[row]) - value)).toBeLessThan(1e-6)
      }
      // What is said of the test rows is what the pipeline that is kept says.
      const tested = predictPipeline(pipeline, takeTableRows(rows, experiment.testRows), estimatorNamed)
      expect(experiment.predicted).toEqual(tested)
    },
  )
})
