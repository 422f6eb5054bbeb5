import type { Expectation, Json } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { Format } from '../../i18n/format.js'

const listedMax = 6

/** A JSON value as people read it. */
export function showValue(value: Json, f: Format): string {
  if (typeof value === 'number') return f.exact(value)
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((item: Json) => showValue(item, f)).join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, item]) => `${key} ${showValue(item as Json, f)}`)
      .join(', ')
  return String(value)
}

/** An expectation as a sentence. */
export function describeExpectation(expectation: Expectation, t: Catalogue, f: Format): string {
  const texts = t.datasets.expectations
  const list = (values: readonly Json[]) => {
    const shown = values
      .slice(0, listedMax)
      .map((value) => showValue(value, f))
      .join(', ')
    return values.length > listedMax ? `${shown} ${texts.more(values.length - listedMax)}` : shown
  }
  const range = (min: number | undefined, max: number | undefined) => {
    if (min !== undefined && max !== undefined) return texts.between(f.exact(min), f.exact(max))
    if (min !== undefined) return texts.atLeast(f.exact(min))
    return max === undefined ? texts.any : texts.atMost(f.exact(max))
  }
  const share = (mostly: number | undefined) =>
    mostly === undefined || mostly === 1 ? '' : texts.mostly(f.percent(mostly))
  switch (expectation.type) {
    case 'expect_table_columns_to_match_set':
      return texts[expectation.type]({ columns: list(expectation.kwargs.column_set) })
    case 'expect_table_row_count_to_be_between':
      return texts[expectation.type]({ range: range(expectation.kwargs.min_value, expectation.kwargs.max_value) })
    case 'expect_column_to_exist':
      return texts[expectation.type]({ column: expectation.kwargs.column })
    case 'expect_column_values_to_be_between': {
      const { column, min_value, max_value, mostly } = expectation.kwargs
      return texts[expectation.type]({ column, range: range(min_value, max_value), share: share(mostly) })
    }
    case 'expect_column_values_to_be_in_set': {
      const { column, value_set, mostly } = expectation.kwargs
      return texts[expectation.type]({ column, values: list(value_set), share: share(mostly) })
    }
    case 'expect_column_values_to_not_be_null':
    case 'expect_column_values_to_be_unique': {
      const { column, mostly } = expectation.kwargs
      return texts[expectation.type]({ column, share: share(mostly) })
    }
  }
}
