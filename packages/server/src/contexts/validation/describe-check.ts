import type { CheckResult } from '@fabrique/contract'

/** A failed check in one line, as `expect_column_values_to_be_between sepal_length: 3 of 150, as 99`. */
export function describeCheck({
  expectation,
  unexpected_count,
  element_count,
  unexpected_sample,
  observed,
}: CheckResult): string {
  const column = 'column' in expectation.kwargs ? ` ${expectation.kwargs.column}` : ''
  if (unexpected_count === undefined) return `${expectation.type}${column}: found ${JSON.stringify(observed)}`
  return `${expectation.type}${column}: ${unexpected_count} of ${element_count}, as ${JSON.stringify(unexpected_sample?.[0])}`
}
