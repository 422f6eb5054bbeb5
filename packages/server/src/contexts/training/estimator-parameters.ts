import { FabriqueError } from '@fabrique/contract/errors'
import {
  type Estimator,
  estimatorNamed,
  estimators,
  loggedParameters,
  type ParameterTable,
  resolveParameters,
} from '@fabrique/ml'

/** The estimator of a kind; throws `estimator_unknown`. */
export function requireEstimator(kind: string): Estimator {
  const found = estimatorNamed(kind)
  if (found !== undefined) return found
  const known = estimators.map((estimator) => estimator.kind).join(', ')
  throw new FabriqueError('estimator_unknown', { estimator: kind, known })
}

/** Every parameter of an estimator as it is logged, defaults included. Throws MlError. */
export function estimatorParameters(step: {
  readonly kind: string
  readonly params?: Readonly<Record<string, unknown>>
}): Record<string, string> {
  const table = tableOf(requireEstimator(step.kind))
  return loggedParameters(table, resolveParameters<object>(table, step.params ?? {}))
}

/** The table of an estimator whose parameters are not known here by type. */
export function tableOf({ parameters }: Estimator): ParameterTable<object> {
  return parameters
}
