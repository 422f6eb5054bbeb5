// TF-IDF and multinomial logistic regression on generated French product texts, against scikit-learn on the same texts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeLabels, estimatorNamed, fitPipeline, predictPipeline, table, textColumn } from '@fabrique/ml'
import { median, pythonWith, root, run } from '../support/processes.mjs'
import { productTexts } from './product-texts.mjs'

const definition = {
  columns: [
    {
      columns: ['text'],
      steps: [{ kind: 'tfidf_vectorizer', params: { ngram_range: [1, 2], min_df: 2, sublinear_tf: true } }],
    },
  ],
  features: [],
  estimator: { kind: 'logistic_regression', params: { max_iter: 200 } },
}

/** One round of ours; seconds by performance.now, CPU seconds of all threads. */
async function fitOurs(train, test) {
  const start = performance.now()
  const cpu = process.cpuUsage()
  const labels = encodeLabels(train.kinds)
  const input = {
    table: table([textColumn('text', train.texts)]),
    target: { kind: 'classes', labels },
    threads: availableParallelism(),
  }
  const pipeline = await fitPipeline(definition, input, estimatorNamed)
  const fitted = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const from = performance.now()
  const { codes } = predictPipeline(pipeline, table([textColumn('text', test.texts)]), estimatorNamed)
  const seconds = (performance.now() - from) / 1000
  const right = test.kinds.filter((kind, row) => labels.classes[codes[row]] === kind).length
  return { fit_s: fitted, fit_cpu_s: (user + system) / 1e6, predict_s: seconds, accuracy: right / test.kinds.length }
}

/** Trains both on 80,000 texts (8,000 when `small`); returns the medians, the ratio ours / peer, and the peer's version. */
export async function text({ small = false } = {}) {
  const trainRows = small ? 8_000 : 80_000
  const testRows = trainRows / 4
  const rounds = small ? 1 : 3
  const { texts, kinds } = productTexts({ rowCount: trainRows + testRows, seed: 1 })
  const train = { texts: texts.slice(0, trainRows), kinds: kinds.slice(0, trainRows) }
  const test = { texts: texts.slice(trainRows), kinds: kinds.slice(trainRows) }
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-text-'))
  try {
    writeFileSync(join(folder, 'train.json'), JSON.stringify(train))
    writeFileSync(join(folder, 'test.json'), JSON.stringify(test))
    const python = pythonWith('bench-learn', ['scikit-learn'])
    const ours = []
    const theirs = []
    let version = ''
    for (let round = 0; round < rounds; round++) {
      ours.push(await fitOurs(train, test))
      const peer = JSON.parse(run(python, [join(root, 'bench', 'learn', 'text_peer.py'), folder, '1']))
      version = peer['scikit-learn']
      theirs.push(...peer.results)
    }
    return report({ ours, theirs, version, trainRows })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function report({ ours, theirs, version, trainRows }) {
  const middle = (results, key) => median(results.map((result) => result[key]))
  const row = (results) => ({
    fit_s: middle(results, 'fit_s'),
    fit_cpu_s: middle(results, 'fit_cpu_s'),
    predict_s: middle(results, 'predict_s'),
    accuracy: middle(results, 'accuracy'),
  })
  const result = { rows: trainRows, ours: row(ours), peer: row(theirs), version }
  result.ratio = result.ours.fit_s / result.peer.fit_s
  console.log(
    `TF-IDF + logistic regression, ${trainRows} texts, ${version}: ` +
      `${result.ours.fit_s.toFixed(2)} s against ${result.peer.fit_s.toFixed(2)} s (ratio ${result.ratio.toFixed(2)}), ` +
      `accuracy ${result.ours.accuracy.toFixed(4)} against ${result.peer.accuracy.toFixed(4)}`,
  )
  return result
}
