// Logistic regression of two and of ten classes on 100 k rows of 20 features, against scikit-learn on the same data with all cores, both
// with their defaults. Both train in turns on the same machine, several times; ratios of medians, of wall and of CPU time, are what counts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { classLabels, createRandom, designMatrix, estimatorNamed, numericColumn } from '@fabrique/ml'
import { median, pythonWith, root } from '../support/processes.mjs'
import { clusteredSet, splitAt } from './forest-set.mjs'

/**
 * Prints a row per number of classes.
 * @param options `small` for a quick look; `rowCount` and `rounds` to measure otherwise
 * @returns the rows, for whoever checks them
 */
export async function logistic(options = {}) {
  const { small = false, rowCount = small ? 10_000 : 100_000, rounds = small ? 2 : 7 } = options
  const python = options.python ?? pythonWith('bench-learn', ['scikit-learn'])
  const rows = []
  for (const classCount of [2, 10]) {
    const whole = clusteredSet({ rowCount: rowCount * 1.25, seed: 7 })
    const set = splitAt(
      classCount === 2 ? whole : { ...whole, codes: scoredCodes(whole.columns, classCount) },
      rowCount,
    )
    const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-logistic-'))
    try {
      writeSet(folder, set)
      const peer = await startPeer(python, folder)
      const [ours, theirs] = [[], []]
      for (let round = 0; round < rounds; round++) {
        theirs.push(await peer.train())
        ours.push(await measure(set, classCount))
      }
      await peer.stop()
      rows.push({ rowCount, classCount, version: peer.version, ours: medians(ours), peer: medians(theirs) })
      console.log(describe(rows.at(-1)))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return rows
}

/** The class of the greatest of as many linear scores with noise. */
function scoredCodes(columns, classCount) {
  const random = createRandom(11)
  const weights = Array.from({ length: classCount }, () => columns.map(() => random.float() - 0.5))
  return Int32Array.from({ length: columns[0].length }, (_, row) => {
    const scores = weights.map((own) =>
      own.reduce((sum, weight, feature) => sum + weight * columns[feature][row], 4 * random.float()),
    )
    return scores.indexOf(Math.max(...scores))
  })
}

function writeSet(folder, set) {
  for (const [name, { columns, codes }] of Object.entries(set)) {
    writeFileSync(join(folder, `${name}.f32`), Buffer.concat(columns.map((values) => Buffer.from(values.buffer))))
    writeFileSync(join(folder, `${name}.i32`), Buffer.from(codes.buffer))
  }
}

/** scikit-learn in a process of its own, which waits while ours trains. */
async function startPeer(python, folder) {
  const script = join(root, 'bench', 'learn', 'logistic_peer.py')
  const child = spawn(python, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
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
      const { fit_s: fitS, fit_cpu_s: fitCpuS, accuracy, log_loss: logLoss, iterations } = await next()
      return { fitS, fitCpuS, accuracy, logLoss, iterations }
    },
    async stop() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

async function measure({ train, test }, classCount) {
  const estimator = estimatorNamed('logistic_regression')
  const features = matrixOf(train)
  const classes = Array.from({ length: classCount }, (_, code) => `${code}`)
  const labels = classLabels(train.codes, classes)
  const cpu = process.cpuUsage()
  const start = performance.now()
  const model = await estimator.fit({
    features,
    target: { kind: 'classes', labels },
    threads: availableParallelism(),
  })
  const fitS = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const { codes, probabilities } = estimator.predict(model, matrixOf(test))
  const right = codes.reduce((count, code, row) => count + (code === test.codes[row] ? 1 : 0), 0)
  const logLoss = test.codes.reduce((sum, code, row) => sum - Math.log(probabilities[code][row]), 0) / codes.length
  const { iterations } = model
  return { fitS, fitCpuS: (user + system) / 1e6, accuracy: right / codes.length, logLoss, iterations }
}

function matrixOf({ columns }) {
  return designMatrix(columns.map((values, feature) => numericColumn(`x${feature}`, values)))
}

function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]))
}

function describe({ rowCount, classCount, version, ours, peer }) {
  const ratio = (own, theirs) => `${(own / theirs).toFixed(2)}x`
  return (
    `logistic_regression, ${classCount} classes, ${rowCount} x 20: fit ${(1000 * ours.fitS).toFixed(0)} ms (${ours.iterations} iterations), ` +
    `scikit-learn ${version} ${(1000 * peer.fitS).toFixed(0)} ms (${peer.iterations}): ${ratio(ours.fitS, peer.fitS)} its time ` +
    `(CPU ${ratio(ours.fitCpuS, peer.fitCpuS)}); accuracy ${ours.accuracy.toFixed(4)}, scikit-learn ${peer.accuracy.toFixed(4)}; ` +
    `log loss ${ours.logLoss.toFixed(4)}, scikit-learn ${peer.logLoss.toFixed(4)}`
  )
}
