import type { CheckResult } from '@fabrique/contract'

/** Share of the rows looked at that break the expectation, from 0 to 1; undefined where it does not look at rows. */
export function unexpectedShare({ element_count, unexpected_count }: CheckResult): number | undefined {
  if (unexpected_count === undefined || element_count === undefined) return undefined
  return element_count === 0 ? 0 : unexpected_count / element_count
}

/** Whether a check could be evaluated at all; one that could not is neither a success nor a failure of the data. */
export function isEvaluated({ error }: Pick<CheckResult, 'error'>): boolean {
  return error === undefined
}
