import type { CheckResult, Json } from '@fabrique/contract'

const charsMax = 200

/** A failed check in one line, as `expect_column_values_to_be_between sepal_length: 3 of 150, as 99`. */
export function describeCheck(check: CheckResult): string {
  const { expectation, error, unexpected_count, unexpected_sample, observed } = check
  const { column, column_A, column_B, column_list } = expectation.kwargs
  const names = [column, column_A, column_B, column_list].flat().filter((name) => typeof name === 'string')
  const subject = [expectation.type, ...(names.length === 0 ? [] : [cut(names.join(', '))])].join(' ')
  if (error !== undefined) return `${subject}: not evaluated: ${cut(error)}`
  if (unexpected_count === undefined) return `${subject}: found ${show(observed)}`
  const sample = unexpected_sample?.[0] === undefined ? '' : `, as ${show(unexpected_sample[0])}`
  return `${subject}: ${unexpected_count} of ${check.element_count ?? '?'}${sample}`
}

function show(value: Json | undefined): string {
  return cut(value === undefined ? 'nothing' : JSON.stringify(value))
}

function cut(text: string): string {
  return text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text
}
