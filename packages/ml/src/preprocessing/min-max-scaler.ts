import { MlError } from '../ml-error.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import type { Transformer } from '../pipeline/pipeline.js'
import { addAffine, type FittedAffine, fitAffine, transformAffine } from './affine.js'
import { usableScale } from './column-statistics.js'

export interface MinMaxScalerParameters {
  readonly rangeMin: number
  readonly rangeMax: number
  readonly clip: boolean
}

/** Maps each feature linearly onto a range, 0..1 by default. Throws MlError `all_missing` or `invalid_parameter`. */
export const minMaxScaler: Transformer<FittedAffine, MinMaxScalerParameters> = {
  kind: 'min_max_scaler',
  sklearnName: 'MinMaxScaler',
  takes: ['number', 'dense'],
  parameters: {
    rangeMin: parameter('number', {
      name: 'rangeMin',
      sklearnName: 'feature_range_min',
      default: 0,
      description: { en: 'What the least value becomes', fr: 'Ce que devient la plus petite valeur' },
    }),
    rangeMax: parameter('number', {
      name: 'rangeMax',
      sklearnName: 'feature_range_max',
      default: 1,
      description: { en: 'What the greatest value becomes', fr: 'Ce que devient la plus grande valeur' },
    }),
    clip: parameter('boolean', {
      name: 'clip',
      sklearnName: 'clip',
      default: false,
      description: {
        en: 'Whether new values beyond the range are put on its ends',
        fr: 'Si les nouvelles valeurs hors de l’intervalle sont ramenées à ses bornes',
      },
    }),
  },
  async fit({ parameters = {}, ...run }) {
    const { rangeMin, rangeMax, clip } = resolveParameters<MinMaxScalerParameters>(minMaxScaler.parameters, parameters)
    if (rangeMin >= rangeMax) {
      throw new MlError('invalid_parameter', `feature_range_min is ${rangeMin}: it must be below feature_range_max`, {
        value: rangeMin,
      })
    }
    const fitted = await fitAffine('min_max_scaler', run, (present) => {
      const low = present.reduce((least, value) => Math.min(least, value), Infinity)
      const high = present.reduce((greatest, value) => Math.max(greatest, value), -Infinity)
      const divisor = usableScale(high - low) / (rangeMax - rangeMin)
      return { offset: low - rangeMin * divisor, divisor }
    })
    return { ...fitted, bounds: clip ? [rangeMin, rangeMax] : null }
  },
  transform: transformAffine,
  addToGraph: addAffine,
}
