// Trains every estimator of the catalogue on every set (sets.mjs), runs its file in onnxruntime-node on all rows, and writes what
// Python needs to do the same: features and targets as each estimator saw them, scores, files, and predictions.
// Usage: node write_experiments.mjs FOLDER [--sets iris,diabetes] [--estimators ridge,pca]
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  defaultPipeline,
  estimatorNamed,
  estimators,
  exportPipeline,
  fitPipeline,
  predictPipeline,
  runExperiment,
  summarizeColumns,
} from '@fabrique/ml'
import { answersOf, columnsOf, runInNode } from './answers.mjs'
import { featureStore } from './feature_store.mjs'
import { paritySets } from './sets.mjs'
import { parametersOf, seedsOf } from './settings.mjs'

const threads = availableParallelism()

/** The catalogue, with what an estimator was given to learn from and to predict kept aside. */
function listeningTo(kept) {
  return (kind) => {
    const estimator = estimatorNamed(kind)
    if (estimator === undefined) return undefined
    return {
      ...estimator,
      fit(input) {
        if (estimator.task !== 'decomposition' || kept.kind === kind) kept.train = input
        return estimator.fit(input)
      },
      predict(model, features) {
        kept.test = features
        return estimator.predict(model, features)
      },
    }
  }
}

/** One split, one seed: what was learnt from, and how good it is. */
async function supervised(set, rows, step, seed) {
  const kept = { kind: step.kind }
  const definition = {
    target: 'target',
    task: set.task,
    estimator: step,
    split: { kind: 'random', testShare: set.testShare },
    seed,
  }
  const experiment = await runExperiment(rows, definition, { estimators: listeningTo(kept), threads })
  const { pipeline, testRows, classes, metrics } = experiment
  return {
    pipeline,
    kept,
    testTarget: targetOf(rows, testRows, classes),
    key: JSON.stringify([set.name, seed, experiment.definition.columns]),
    ours: set.task === 'classification' ? metrics.accuracy : metrics.r2,
  }
}

function targetOf(rows, chosen, classes) {
  const column = rows.columns.find(({ name }) => name === 'target')
  if (column.kind === 'number') return Float64Array.from(chosen, (row) => column.values[row])
  return Int32Array.from(chosen, (row) => classes.indexOf(column.categories[column.codes[row]]))
}

/** Nothing is to be predicted: all rows but their target are learnt from. */
async function unsupervised(set, rows, step, seed) {
  const kept = { kind: step.kind }
  const table = { ...rows, columns: rows.columns.filter(({ name }) => name !== 'target') }
  const estimator = estimatorNamed(step.kind)
  const params = 'seed' in estimator.parameters ? { ...step.params, random_state: seed } : step.params
  const { definition } = defaultPipeline(summarizeColumns(table), estimator, params)
  const input = { table, target: null, threads }
  const pipeline = await fitPipeline(definition, input, listeningTo(kept))
  return {
    pipeline,
    kept,
    testTarget: null,
    key: JSON.stringify([set.name, definition.columns]),
    ours: await unsupervisedScore(pipeline, table),
  }
}

/** Inertia, shares of variance, or how ordinary each row is. */
function unsupervisedScore(pipeline, table) {
  const { model } = pipeline
  if (model.kind === 'k_means') return model.inertia
  if (model.kind === 'pca') return Array.from(model.explainedVarianceRatio)
  return Array.from(predictPipeline(pipeline, table, estimatorNamed).scores)
}

function coefficientsOf({ coefficients, intercepts }) {
  return coefficients === undefined ? null : { values: Array.from(coefficients), intercepts: Array.from(intercepts) }
}

/** One estimator with some parameters on one set: scores by seed, and the file of the first. */
async function writeCase(set, rows, estimator, params, { folder, store }) {
  const isRandom = 'seed' in estimator.parameters
  const train = estimator.task === set.task ? supervised : unsupervised
  const name = [set.name, estimator.kind, ...Object.values(params)].join('-').replaceAll(/[^\w.-]/g, '_')
  const runs = []
  let coefficients = null
  let node = null
  for (let seed = 1; seed <= (isRandom ? seedsOf(estimator.kind, set) : set.splits); seed++) {
    const done = await train(set, rows, { kind: estimator.kind, params }, seed)
    runs.push({ seed, features: store.keep(done), ours: done.ours })
    if (seed > 1) continue
    coefficients = coefficientsOf(done.pipeline.model)
    const file = exportPipeline(done.pipeline, estimatorNamed)
    const answers = answersOf(predictPipeline(done.pipeline, rows, estimatorNamed), done.pipeline.model)
    writeFileSync(join(folder, `${name}.onnx`), file)
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(answers))
    node = await runInNode(file, rows, answers)
  }
  const { kind, sklearnName, task } = estimator
  return { name, set: set.name, kind, sklearnName, task, params, isRandom, runs, coefficients, node }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { sets: { type: 'string' }, estimators: { type: 'string' } },
  })
  const [folder] = positionals
  if (folder === undefined) throw new Error('Usage: node write_experiments.mjs FOLDER [--sets …] [--estimators …]')
  mkdirSync(folder, { recursive: true })
  const store = featureStore(folder)
  const isWanted = (list, name) => list === undefined || list.split(',').includes(name)
  const cases = []
  const sets = paritySets().filter(({ name }) => isWanted(values.sets, name))
  for (const set of sets) {
    const rows = set.rows()
    writeFileSync(join(folder, `${set.name}.rows.json`), JSON.stringify(columnsOf(rows)))
    for (const estimator of estimators) {
      const isOther = ['classification', 'regression'].includes(estimator.task) && estimator.task !== set.task
      if (isOther || !isWanted(values.estimators, estimator.kind)) continue
      const start = performance.now()
      for (const params of parametersOf(estimator.kind))
        cases.push(await writeCase(set, rows, estimator, params, { folder, store }))
      process.stderr.write(`${set.name} ${estimator.kind}: ${Math.round(performance.now() - start)} ms\n`)
    }
  }
  const committed = sets.filter(({ isCommitted }) => isCommitted).map(({ name }) => name)
  writeFileSync(join(folder, 'experiments.json'), JSON.stringify({ committed, features: store.index, cases }))
}

await main()
