import { MlError } from '../ml-error.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import type { Transformer } from '../pipeline/pipeline.js'
import { addAffine, type FittedAffine, fitAffine, transformAffine } from './affine.js'
import { quantileOf, usableScale } from './column-statistics.js'

export interface RobustScalerParameters {
  readonly withCentering: boolean
  readonly withScaling: boolean
  readonly quantileMin: number
  readonly quantileMax: number
}

/** Takes off the median and divides by the distance of two quantiles. Throws MlError `all_missing` or `invalid_parameter`. */
export const robustScaler: Transformer<FittedAffine, RobustScalerParameters> = {
  kind: 'robust_scaler',
  sklearnName: 'RobustScaler',
  takes: ['number', 'dense'],
  parameters: {
    withCentering: parameter('boolean', {
      name: 'withCentering',
      sklearnName: 'with_centering',
      default: true,
      description: { en: 'Whether the median is taken off', fr: 'Si la médiane est retirée' },
    }),
    withScaling: parameter('boolean', {
      name: 'withScaling',
      sklearnName: 'with_scaling',
      default: true,
      description: {
        en: 'Whether values are divided by the distance of the quantiles',
        fr: 'Si les valeurs sont divisées par l’écart entre les quantiles',
      },
    }),
    quantileMin: parameter('number', {
      name: 'quantileMin',
      sklearnName: 'quantile_range_min',
      default: 25,
      min: 0,
      max: 100,
      description: { en: 'Lower quantile, in per cent', fr: 'Quantile inférieur, en pour cent' },
    }),
    quantileMax: parameter('number', {
      name: 'quantileMax',
      sklearnName: 'quantile_range_max',
      default: 75,
      min: 0,
      max: 100,
      description: { en: 'Upper quantile, in per cent', fr: 'Quantile supérieur, en pour cent' },
    }),
  },
  async fit({ parameters = {}, ...run }) {
    const resolved = resolveParameters<RobustScalerParameters>(robustScaler.parameters, parameters)
    const { quantileMin, quantileMax } = resolved
    if (quantileMin >= quantileMax) {
      throw new MlError(
        'invalid_parameter',
        `quantile_range_min is ${quantileMin}: it must be below quantile_range_max`,
        {
          value: quantileMin,
        },
      )
    }
    return fitAffine('robust_scaler', run, (present) => {
      const sorted = present.sort()
      const distance = quantileOf(sorted, quantileMax / 100) - quantileOf(sorted, quantileMin / 100)
      return {
        offset: resolved.withCentering ? quantileOf(sorted, 0.5) : 0,
        divisor: resolved.withScaling ? usableScale(distance) : 1,
      }
    })
  },
  transform: transformAffine,
  addToGraph: addAffine,
}
