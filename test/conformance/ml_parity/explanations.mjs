// Writes models of Iris and what their files say of contributions, for explanations.py: FOLDER/<kind>.onnx and FOLDER/cases.json.
// Usage: node explanations.mjs FOLDER
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  columnNamed,
  estimatorNamed,
  exportExperiment,
  readExplainable,
  runExperiment,
  table,
  textColumn,
  treeShap,
} from '@fabrique/ml'

const [folder = '.'] = process.argv.slice(2)
const iris = fileURLToPath(new URL('../../../examples/iris/data/iris.csv', import.meta.url))
const [head = [], ...data] = readFileSync(iris, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(','))
const measures = head.slice(0, 4)
const rows = table([
  ...measures.map((name, index) => ({
    kind: 'number',
    name,
    values: Float64Array.from(data, (line) => Number(line[index])),
  })),
  textColumn(
    'species',
    data.map((line) => line[4] ?? null),
  ),
])
const models = [
  ['species', 'random_forest_classifier', { n_estimators: 20 }],
  ['petal_width', 'random_forest_regressor', { n_estimators: 20 }],
  ['species', 'hist_gradient_boosting_classifier', { max_iter: 20, min_samples_leaf: 5 }],
  ['petal_width', 'hist_gradient_boosting_regressor', { max_iter: 20, min_samples_leaf: 5 }],
]
const cases = []
for (const [target, kind, params] of models) {
  const features = measures.filter((name) => name !== target)
  const definition = {
    target,
    features,
    estimator: { kind, params },
    split: { kind: 'random', testShare: 0.2 },
    seed: 1,
  }
  const experiment = await runExperiment(rows, definition, { estimators: estimatorNamed, threads: 0 })
  const file = exportExperiment(experiment, estimatorNamed, { target })
  writeFileSync(join(folder, `${kind}.onnx`), file)
  const columns = features.map((name) => Float32Array.from(columnNamed(rows, name).values))
  const { expected, contributions } = await treeShap(readExplainable(file).trees, columns)
  cases.push({
    kind,
    columns: columns.map((values) => [...values]),
    expected: [...expected],
    contributions: contributions.map((own) => own.map((values) => [...values])),
  })
}
writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
