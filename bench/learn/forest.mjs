// Forests: training of 100 trees on 100 k and 1 M rows of 20 features, and prediction of one row in process, against scikit-learn on the
// same data with all cores. Both run in turns on the same machine; ratios, of wall and of CPU time, are what counts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  classLabels,
  classRowPredictor,
  designMatrix,
  extraTreesClassifier,
  isolationForest,
  numericColumn,
  randomForestClassifier,
} from '@fabrique/ml'
import { median, pythonWith, root, run } from '../support/processes.mjs'
import { clusteredSet, splitAt } from './forest-set.mjs'

const estimators = [randomForestClassifier, extraTreesClassifier, isolationForest]

/**
 * Prints a row per estimator and size.
 * @param options `small` for a quick look; `rowCounts`, `trees` and `names` to measure only a part
 * @returns the rows, for whoever checks them
 */
export async function forest(options = {}) {
  const { small = false, rowCounts = small ? [10_000] : [100_000, 1_000_000], trees = small ? 20 : 100 } = options
  const names = options.names ?? estimators.map(({ kind }) => kind)
  const python = options.python ?? pythonWith('bench-learn', ['scikit-learn'])
  const rows = []
  for (const rowCount of rowCounts) {
    const set = splitAt(clusteredSet({ rowCount: rowCount * 1.25, seed: 7 }), rowCount)
    const peers = runPeer(python, set, { trees, names })
    for (const name of names) {
      const estimator = estimators.find(({ kind }) => kind === name)
      const ours = await measure(estimator, set, trees)
      rows.push({ name, rowCount, trees, ours, peer: peers.find((peer) => peer.name === name) })
      console.log(describe(rows.at(-1)))
    }
  }
  return rows
}

/** Lets scikit-learn work on the same numbers; the files are removed at the end. */
function runPeer(python, set, { trees, names }) {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-forest-'))
  try {
    for (const [name, { columns, codes }] of Object.entries(set)) {
      writeFileSync(join(folder, `${name}.f32`), Buffer.concat(columns.map((values) => Buffer.from(values.buffer))))
      writeFileSync(join(folder, `${name}.i32`), Buffer.from(codes.buffer))
    }
    const script = join(root, 'bench', 'learn', 'forest_peer.py')
    const lines = run(python, [script, folder, `${trees}`, '-1', names.join()])
      .trim()
      .split('\n')
    const [versions, ...peers] = lines.map((line) => JSON.parse(line))
    console.log(`scikit-learn ${versions['scikit-learn']}, ${availableParallelism()} cores`)
    return peers
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measure(estimator, { train, test }, trees) {
  const features = matrixOf(train)
  const labels = classLabels(train.codes, ['0', '1'])
  const cpu = process.cpuUsage()
  const start = performance.now()
  const model = await estimator.fit({
    features,
    target: estimator.task === 'anomaly' ? null : { kind: 'classes', labels },
    parameters: { n_estimators: trees, seed: 1 },
    threads: availableParallelism(),
  })
  const fitS = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const measured = { fitS, fitCpuS: (user + system) / 1e6 }
  if (estimator.task === 'anomaly') return { ...measured, oneRowS: oneRow(test, singleRows(estimator, model)) }
  const { codes } = estimator.predict(model, matrixOf(test))
  const right = codes.reduce((count, code, row) => count + (code === test.codes[row] ? 1 : 0), 0)
  const predict = classRowPredictor(model)
  const probabilities = new Float32Array(2)
  return { ...measured, accuracy: right / codes.length, oneRowS: oneRow(test, (row) => predict(row, probabilities)) }
}

/** Prediction of single rows by the general way, through a set of one row. */
function singleRows(estimator, model) {
  return (row) => {
    const columns = Array.from(row, (value, feature) => numericColumn(`x${feature}`, Float32Array.of(value)))
    return estimator.predict(model, designMatrix(columns))
  }
}

/** Median time of one row after some rows to warm up, each row another one. */
function oneRow({ columns }, predict) {
  const times = []
  for (let index = 0; index < 3000; index++) {
    const row = Float32Array.from(columns, (values) => values[index % values.length])
    const start = performance.now()
    predict(row)
    times.push((performance.now() - start) / 1000)
  }
  return median(times.slice(1000))
}

function matrixOf({ columns }) {
  return designMatrix(columns.map((values, feature) => numericColumn(`x${feature}`, values)))
}

function describe({ name, rowCount, trees, ours, peer }) {
  const ratio = (theirs, own) => `${(theirs / own).toFixed(1)}x`
  const parts = [
    `${name}, ${trees} trees, ${rowCount} x 20: fit ${ours.fitS.toFixed(1)} s, scikit-learn ${peer.fit_s.toFixed(1)} s: ` +
      `${ratio(peer.fit_s, ours.fitS)} faster (CPU ${ratio(peer.fit_cpu_s, ours.fitCpuS)})`,
    `one row ${(ours.oneRowS * 1e6).toFixed(1)} us, scikit-learn ${(peer.one_row_s * 1e6).toFixed(0)} us: ` +
      `${ratio(peer.one_row_s, ours.oneRowS)} faster`,
  ]
  if (ours.accuracy !== undefined) {
    parts.push(`accuracy ${ours.accuracy.toFixed(4)}, scikit-learn ${peer.accuracy.toFixed(4)}`)
  }
  return parts.join('; ')
}
