import type { EstimatorInfo, EstimatorParameter, Language } from '@fabrique/contract'
import type { ParameterSpec } from '@fabrique/ml'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'

/** Everything that can be trained, what to try first at the top, with descriptions in the language of who asks. */
export const listEstimators = readVerb({
  name: 'training.list_estimators',
  permission: 'runs.read',
  input: z.object({ language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en') }),
  async run({ input }): Promise<readonly EstimatorInfo[]> {
    const { estimators, parameterSpecs } = await import('@fabrique/ml')
    return estimators.map(({ kind, task, sklearnName, accepts, parameters }) => ({
      kind,
      task,
      sklearn_name: sklearnName,
      accepts: {
        missing: accepts.missing,
        categories: accepts.categories,
        sparse: accepts.sparse,
        sample_weights: accepts.sampleWeights,
      },
      parameters: parameterSpecs({ ...parameters }).map((spec) => toParameter(spec, input.language)),
    }))
  },
})

function toParameter(spec: ParameterSpec, language: Language): EstimatorParameter {
  const { search, min, max, isMinOpen } = spec
  return {
    name: spec.sklearnName,
    type: spec.type,
    default: spec.default,
    nullable: spec.nullable,
    choices: [...spec.choices],
    ...(min === null ? {} : { min }),
    ...(max === null ? {} : { max }),
    ...(isMinOpen === undefined ? {} : { is_min_open: isMinOpen }),
    ...(search === undefined ? {} : { search: { low: search.low, high: search.high, is_log: search.isLog } }),
    description: spec.description[language],
  }
}
