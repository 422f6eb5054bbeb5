import type { NumericColumn } from '../data/design-matrix.js'
import type { Estimator, Features, FittedModel } from '../estimators/estimator.js'
import { denseColumns, denseFlow, flowRows, isSparse } from './flow.js'
import { denseGraph } from './graph-flow.js'
import type { FittedTransformer, Flow, Transformer } from './pipeline.js'

interface FittedDecomposition extends FittedTransformer {
  readonly model: FittedModel
}

/** A decomposition, such as `pca`, as a step: its components become the features. */
export function decompositionStep(estimator: Estimator): Transformer<FittedDecomposition> {
  const takes = estimator.accepts.sparse ? (['number', 'dense', 'sparse'] as const) : (['number', 'dense'] as const)
  const features = (input: Flow): Features =>
    isSparse(input) ? input : denseFlow(denseColumns(input, estimator.kind), flowRows(input))
  return {
    kind: estimator.kind,
    sklearnName: estimator.sklearnName,
    parameters: estimator.parameters,
    takes,
    async fit({ input, target: _target, ...run }) {
      const model = await estimator.fit({ ...run, features: features(input), target: null })
      return { kind: estimator.kind, model }
    },
    transform({ model }, input) {
      const columns = componentColumns(estimator, model, features(input))
      return denseFlow(columns, flowRows(input))
    },
    addToGraph({ model }, graph, flow) {
      const prediction = estimator.addToGraph(model, graph, denseGraph(graph, flow).value)
      // Only decompositions become steps; their prediction has components.
      const { components } = prediction as { readonly components: string }
      return { kind: 'dense', value: components, columnCount: componentCountOf(model) }
    },
  }
}

function componentColumns(estimator: Estimator, model: FittedModel, features: Features): NumericColumn[] {
  const prediction = estimator.predict(model, features)
  if (!('columns' in prediction)) return []
  return prediction.columns.map((column, index) => {
    const name = `component_${index + 1}`
    return { kind: 'numeric', name, values: Float32Array.from(column) }
  })
}

/** Every decomposition says how many components it has (see `exportEstimator`). */
function componentCountOf(model: FittedModel & { readonly componentCount?: number }): number {
  return model.componentCount ?? 0
}
