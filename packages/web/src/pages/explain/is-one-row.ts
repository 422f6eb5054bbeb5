import type { PredictRequest } from '@fabrique/contract'

/** Whether a request is about one row, which alone can be explained. */
export function isOneRow(body: PredictRequest): boolean {
  const { features } = body as { readonly features?: unknown }
  if (!Array.isArray(features)) return true
  // A list of values is one row in the order of the signature.
  return features.length === 1 || !features.some((each) => typeof each === 'object' && each !== null)
}
