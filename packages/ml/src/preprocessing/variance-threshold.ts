import { MlError } from '../ml-error.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { flowRows } from '../pipeline/flow.js'
import type { Transformer } from '../pipeline/pipeline.js'
import { momentsOf, presentOf } from './column-statistics.js'
import { addChoice, type FittedChoice, transformChoice } from './feature-choice.js'
import { featureValues, spreadFeature } from './feature-values.js'
import { mapPaced } from './map-paced.js'

export interface VarianceThresholdParameters {
  readonly threshold: number
}

/** Drops features whose variance is not above a threshold. Throws MlError `empty_set` when none is left. */
export const varianceThreshold: Transformer<FittedChoice, VarianceThresholdParameters> = {
  kind: 'variance_threshold',
  sklearnName: 'VarianceThreshold',
  takes: ['number', 'dense', 'sparse'],
  parameters: {
    threshold: parameter('number', {
      name: 'threshold',
      sklearnName: 'threshold',
      default: 0,
      min: 0,
      description: {
        en: 'Features with a variance up to this are dropped',
        fr: 'Les variables d’une variance jusqu’à ce seuil sont retirées',
      },
    }),
  },
  async fit({ input, signal, parameters = {} }) {
    const { threshold } = resolveParameters<VarianceThresholdParameters>(varianceThreshold.parameters, parameters)
    const rowCount = flowRows(input)
    const features = featureValues(input, 'variance_threshold')
    const chosen = await mapPaced(features, { input, signal }, (feature, index) => {
      const present = presentOf(spreadFeature(feature, rowCount))
      // A constant has variance 0 however it is rounded.
      const isConstant = present.every((value) => value === present[0])
      return !isConstant && momentsOf(present).variance > threshold ? [index] : []
    })
    if (chosen.flat().length === 0) {
      throw new MlError('empty_set', `No feature has a variance above ${threshold}: lower the threshold`, {
        value: threshold,
      })
    }
    return { kind: 'variance_threshold', chosen: Int32Array.from(chosen.flat()) }
  },
  transform: transformChoice,
  addToGraph: addChoice,
}
