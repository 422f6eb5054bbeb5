import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import type { Transformer } from '../pipeline/pipeline.js'
import { addAffine, type FittedAffine, fitAffine, transformAffine } from './affine.js'
import { momentsOf, usableScale } from './column-statistics.js'

export interface StandardScalerParameters {
  readonly withMean: boolean
  readonly withStd: boolean
}

/** Moves each feature to mean 0 and scales it to variance 1. Throws MlError `all_missing`. */
export const standardScaler: Transformer<FittedAffine, StandardScalerParameters> = {
  kind: 'standard_scaler',
  sklearnName: 'StandardScaler',
  takes: ['number', 'dense'],
  parameters: {
    withMean: parameter('boolean', {
      name: 'withMean',
      sklearnName: 'with_mean',
      default: true,
      description: { en: 'Whether the mean is taken off', fr: 'Si la moyenne est retirée' },
    }),
    withStd: parameter('boolean', {
      name: 'withStd',
      sklearnName: 'with_std',
      default: true,
      description: {
        en: 'Whether values are divided by their deviation',
        fr: 'Si les valeurs sont divisées par leur écart-type',
      },
    }),
  },
  async fit({ parameters = {}, ...run }) {
    const { withMean, withStd } = resolveParameters<StandardScalerParameters>(standardScaler.parameters, parameters)
    return fitAffine('standard_scaler', run, (present) => {
      const { count, mean, variance } = momentsOf(present)
      const isConstant = variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2
      return {
        offset: withMean ? mean : 0,
        divisor: withStd && !isConstant ? usableScale(Math.sqrt(variance)) : 1,
      }
    })
  },
  transform: transformAffine,
  addToGraph: addAffine,
}
