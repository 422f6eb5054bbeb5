import { FabriqueError } from '@fabrique/contract/errors'
import type { MlError } from '@fabrique/ml'
import { trainingRefused, wordedRefusal } from './refusal-words.js'

/** A refusal of the numerics as an error of the product. */
export function refusalOf(error: MlError, estimator: string): FabriqueError {
  const { code, message } = error
  if (isOwnCode(code)) return new FabriqueError(code, wordedRefusal(message), { cause: error })
  const param = code === 'unknown_parameter' || code === 'invalid_parameter' ? paramOf(message) : undefined
  if (param === undefined) return trainingRefused(code, message, error)
  return new FabriqueError('estimator_param_invalid', { estimator, param, ...wordedRefusal(message) }, { cause: error })
}

/** Refusals of the numerics that are errors of the product under the same code. */
const ownCodes = [
  'calibration_needs_classifier',
  'threshold_needs_probabilities',
  'threshold_needs_two_classes',
] as const

function isOwnCode(code: MlError['code']): code is (typeof ownCodes)[number] {
  return (ownCodes as readonly string[]).includes(code)
}

/** The parameter that a message begins with; none where it is about something else, as a metric or the folds. */
function paramOf(message: string): string | undefined {
  const found = /^(?:There is no parameter "([^"]*)"|(?!There )(\w+) (?:is|has|names|draws|of|needs) )/.exec(message)
  return found?.[1] ?? found?.[2]
}
