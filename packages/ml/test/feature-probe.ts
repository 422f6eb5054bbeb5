import { InferenceSession, Tensor } from 'onnxruntime-node'
import { float32Values } from '../src/data/design-matrix.js'
import type { Table } from '../src/data/table.js'
import type { Estimator, FittedModel } from '../src/estimators/estimator.js'
import { exportPipeline } from '../src/pipeline/export-pipeline.js'
import { denseColumns, flowWidth } from '../src/pipeline/flow.js'
import { missingTime } from '../src/pipeline/graph-flow.js'
import type { EstimatorLookup, FittedPipeline } from '../src/pipeline/pipeline.js'
import { predictPipeline } from '../src/pipeline/predict-pipeline.js'
import { columnShape } from './column-shape.js'

interface ProbeModel extends FittedModel {
  readonly componentCount: number
}

/** An estimator that hands on its features as components: what preprocessing makes is then what a file puts out. */
export function featureProbe(accepts: { readonly sparse: boolean }): Estimator<'decomposition', ProbeModel> {
  return {
    kind: 'feature_probe',
    task: 'decomposition',
    sklearnName: '',
    parameters: {},
    accepts: {
      sparse: accepts.sparse,
      missing: true,
      categories: true,
      sampleWeights: true,
      wantsScaling: true,
      nonNegative: false,
    },
    async fit({ features }) {
      const names = 'columns' in features ? features.columns.map(({ name }) => name) : features.columnNames
      return { kind: 'feature_probe', featureNames: names, componentCount: flowWidth(features) }
    },
    predict: (_, features) => ({
      kind: 'components',
      columns: denseColumns(features, 'feature_probe').map(float32Values),
    }),
    addToGraph: (_, __, features) => ({ components: features }),
  }
}

export function lookup(...estimators: readonly object[]): EstimatorLookup {
  // Every estimator of the tests is one; their parameters differ in type.
  const all = estimators as readonly Estimator[]
  return (kind) => all.find((estimator) => estimator.kind === kind)
}

/** The rows as a file is fed. */
export function feedsOf(table: Table, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(
    names.map((name) => {
      const column = table.columns.find((one) => one.name === name)
      if (column === undefined) throw new Error(`no column ${name}`)
      const shape = columnShape(table.rowCount, names.length)
      if (column.kind === 'number') return [name, new Tensor('float32', Float32Array.from(column.values), shape)]
      if (column.kind === 'text') {
        const texts = Array.from(column.codes, (code) => column.categories[code] ?? '')
        return [name, new Tensor('string', texts, shape)]
      }
      const times = BigInt64Array.from(column.values, (value) =>
        BigInt(Number.isNaN(value) ? missingTime : Math.trunc(value)),
      )
      return [name, new Tensor('int64', times, shape)]
    }),
  )
}

/** Components in the library and in onnxruntime, column by column. */
export async function bothAnswers(
  pipeline: FittedPipeline<'decomposition'>,
  table: Table,
  estimators: EstimatorLookup,
): Promise<{ readonly here: Float32Array[]; readonly there: Float32Array[] }> {
  const { columns } = predictPipeline(pipeline, table, estimators)
  const session = await InferenceSession.create(exportPipeline(pipeline, estimators), { logSeverityLevel: 3 })
  const outputs = await session.run(feedsOf(table, session.inputNames))
  const there = session.outputNames.map((name) => Float32Array.from(outputs[name]?.data as Float32Array))
  await session.release()
  return { here: columns.map((column) => Float32Array.from(column)), there }
}
