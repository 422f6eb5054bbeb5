import { float64At, int32At } from '../data/element.js'
import {
  checkClassTarget,
  checkFeatures,
  checkSampleWeights,
  featureCount,
  featureNames,
} from '../estimators/check-input.js'
import type { ClassesPredicted, Estimator, Features, FitInput, FittedModel } from '../estimators/estimator.js'
import { weightAt } from '../metrics/check-pairs.js'
import { binary, columnAt, rowOf, scalar } from '../onnx/graph-steps.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'

export interface DummyClassifierParameters {
  readonly strategy: 'prior' | 'most_frequent'
}

const parameters: ParameterTable<DummyClassifierParameters> = {
  strategy: parameter('choice', {
    name: 'strategy',
    sklearnName: 'strategy',
    default: 'prior',
    choices: ['prior', 'most_frequent'],
    description: {
      en: 'Probabilities are the shares of the classes, or all of the most frequent one',
      fr: 'Les probabilités sont les parts des classes, ou toutes pour la plus fréquente',
    },
  }),
}

/** Says the same of every row. */
export interface DummyClassifier extends FittedModel {
  readonly kind: 'dummy_classifier'
  readonly classes: readonly string[]
  readonly featureCount: number
  readonly shares: Float32Array
}

/** What any classifier has to beat: it looks at the classes only. */
export const dummyClassifier: Estimator<'classification', DummyClassifier, DummyClassifierParameters> = {
  kind: 'dummy_classifier',
  task: 'classification',
  sklearnName: 'DummyClassifier',
  parameters,
  accepts: {
    sparse: true,
    missing: true,
    categories: true,
    sampleWeights: true,
    wantsScaling: false,
    nonNegative: false,
  },

  async fit(input: FitInput<'classification'>): Promise<DummyClassifier> {
    const { features, target, sampleWeights } = input
    const { strategy } = resolveParameters<DummyClassifierParameters>(parameters, input.parameters ?? {})
    checkFeatures(features, dummyClassifier.accepts)
    checkClassTarget(features, target)
    checkSampleWeights(features, sampleWeights, dummyClassifier.accepts)
    const { codes, classes } = target.labels
    const totals = new Float64Array(classes.length)
    for (let row = 0; row < codes.length; row++) {
      const code = int32At(codes, row)
      totals[code] = float64At(totals, code) + weightAt(sampleWeights, row)
    }
    const sum = totals.reduce((before, total) => before + total, 0)
    const top = totals.indexOf(Math.max(...totals))
    const shares = Float32Array.from(totals, (total, code) =>
      strategy === 'prior' ? total / sum : code === top ? 1 : 0,
    )
    return Object.freeze({
      kind: 'dummy_classifier',
      featureNames: featureNames(features),
      featureCount: featureCount(features),
      classes,
      shares,
    })
  },

  predict({ shares }: DummyClassifier, { rowCount }: Features): ClassesPredicted {
    const top = shares.indexOf(Math.max(...shares))
    return {
      kind: 'classes',
      codes: new Int32Array(rowCount).fill(top),
      probabilities: Array.from(shares, (share) => new Float32Array(rowCount).fill(share)),
      scores: null,
    }
  },

  addToGraph({ shares }, graph, features) {
    return { probabilities: binary(graph, 'Add', addZeros(graph, features), rowOf(graph, 'shares', shares, 'float32')) }
  },
}

/** A zero for each row, float32 [N, 1], whatever the features are. */
export function addZeros(graph: Parameters<Estimator['addToGraph']>[1], features: string): string {
  const column = columnAt(graph, features, 0)
  const isZero = graph.node({ operator: 'IsNaN', inputs: [column] })
  const ones = graph.node({
    operator: 'Where',
    inputs: [isZero, scalar(graph, 'zero', 0, 'float32'), scalar(graph, 'zero', 0, 'float32')],
  })
  return ones
}
