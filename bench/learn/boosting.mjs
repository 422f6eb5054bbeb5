// Histogram gradient boosting: 100 iterations of 31 leaves on 100 k and 1 M rows of 20 features, against scikit-learn on the same data
// with all cores. Both train in turns on the same machine, several times; ratios of medians, of wall and of CPU time, are what counts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { classLabels, designMatrix, estimatorNamed, numericColumn } from '@fabrique/ml'
import { median, pythonWith, root } from '../support/processes.mjs'
import { clusteredSet, splitAt } from './forest-set.mjs'

const estimator = estimatorNamed('hist_gradient_boosting_classifier')

/**
 * Prints a row per size.
 * @param options `small` for a quick look; `rowCounts`, `iterations` and `rounds` to measure only a part
 * @returns the rows, for whoever checks them
 */
export async function boosting(options = {}) {
  const { small = false, rowCounts = small ? [10_000] : [100_000, 1_000_000], iterations = small ? 20 : 100 } = options
  const python = options.python ?? pythonWith('bench-learn', ['scikit-learn'])
  const rows = []
  for (const rowCount of rowCounts) {
    const rounds = options.rounds ?? (rowCount > 500_000 ? 3 : 5)
    const set = splitAt(clusteredSet({ rowCount: rowCount * 1.25, seed: 7 }), rowCount)
    const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-boosting-'))
    try {
      writeSet(folder, set)
      const peer = await startPeer(python, folder, iterations)
      const [ours, theirs] = [[], []]
      for (let round = 0; round < rounds; round++) {
        theirs.push(await peer.train())
        ours.push(await measure(set, iterations))
      }
      await peer.stop()
      rows.push({ rowCount, iterations, version: peer.version, ours: medians(ours), peer: medians(theirs) })
      console.log(describe(rows.at(-1)))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return rows
}

function writeSet(folder, set) {
  for (const [name, { columns, codes }] of Object.entries(set)) {
    writeFileSync(join(folder, `${name}.f32`), Buffer.concat(columns.map((values) => Buffer.from(values.buffer))))
    writeFileSync(join(folder, `${name}.i32`), Buffer.from(codes.buffer))
  }
}

/** scikit-learn in a process of its own, which waits while ours trains. */
async function startPeer(python, folder, iterations) {
  const script = join(root, 'bench', 'learn', 'boosting_peer.py')
  const child = spawn(python, [script, folder, `${iterations}`], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${script} ended with ${child.exitCode}`)
    return JSON.parse(value)
  }
  const versions = await next()
  return {
    version: versions['scikit-learn'],
    async train() {
      child.stdin.write('train\n')
      const { fit_s: fitS, fit_cpu_s: fitCpuS, accuracy, log_loss: logLoss } = await next()
      return { fitS, fitCpuS, accuracy, logLoss }
    },
    async stop() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

async function measure({ train, test }, iterations) {
  const features = matrixOf(train)
  const labels = classLabels(train.codes, ['0', '1'])
  const cpu = process.cpuUsage()
  const start = performance.now()
  const model = await estimator.fit({
    features,
    target: { kind: 'classes', labels },
    parameters: { max_iter: iterations, early_stopping: false },
    threads: availableParallelism(),
  })
  const fitS = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const { codes, probabilities } = estimator.predict(model, matrixOf(test))
  const right = codes.reduce((count, code, row) => count + (code === test.codes[row] ? 1 : 0), 0)
  const logLoss = test.codes.reduce((sum, code, row) => sum - Math.log(probabilities[code][row]), 0) / codes.length
  return { fitS, fitCpuS: (user + system) / 1e6, accuracy: right / codes.length, logLoss }
}

function matrixOf({ columns }) {
  return designMatrix(columns.map((values, feature) => numericColumn(`x${feature}`, values)))
}

function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]))
}

function describe({ rowCount, iterations, version, ours, peer }) {
  const ratio = (theirs, own) => `${(theirs / own).toFixed(2)}x`
  return (
    `hist_gradient_boosting_classifier, ${iterations} iterations, ${rowCount} x 20: fit ${ours.fitS.toFixed(2)} s, ` +
    `scikit-learn ${version} ${peer.fitS.toFixed(2)} s: ${ratio(peer.fitS, ours.fitS)} its speed ` +
    `(CPU ${ratio(peer.fitCpuS, ours.fitCpuS)}); accuracy ${ours.accuracy.toFixed(4)}, scikit-learn ${peer.accuracy.toFixed(4)}; ` +
    `log loss ${ours.logLoss.toFixed(4)}, scikit-learn ${peer.logLoss.toFixed(4)}`
  )
}
