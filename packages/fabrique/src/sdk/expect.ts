import type { Expectation } from '@fabrique/contract'

/** An expectation about columns of these names. */
export interface Expected<Columns extends string = string> {
  readonly expectation: Expectation
  /** Only for the type checker: never set. */
  readonly columns?: Columns
}

interface MostlyOptions {
  /** Share of the non-null rows that has to pass, from 0 to 1; 1 by default. */
  readonly mostly?: number
}

interface BetweenOptions extends MostlyOptions {
  /** True refuses the bound itself. */
  readonly strictMin?: boolean
  readonly strictMax?: boolean
}

/** Expectations about the values of one column. Rows without a value are left out of all but `notNull`. */
export interface ColumnExpectations<Column extends string> {
  /** The column is there. */
  exists(): Expected<Column>
  notNull(options?: MostlyOptions): Expected<Column>
  /** Each value lies between both bounds, bounds included. */
  between(min: number, max: number, options?: BetweenOptions): Expected<Column>
  inSet(values: readonly (string | number | boolean)[], options?: MostlyOptions): Expected<Column>
  unique(options?: MostlyOptions): Expected<Column>
}

const mostlyOf = (options: MostlyOptions | undefined) =>
  options?.mostly === undefined ? {} : { mostly: options.mostly }

/** What data has to be like, under the names and with the meaning of Great Expectations. */
export const expect = {
  /** The table has exactly these columns, in any order. */
  columns<const Column extends string>(names: readonly Column[]): Expected<Column> {
    return {
      expectation: { type: 'expect_table_columns_to_match_set', kwargs: { column_set: [...names], exact_match: true } },
    }
  },
  /** The number of rows lies between both bounds. */
  rowCount(min: number, max?: number): Expected<never> {
    return {
      expectation: {
        type: 'expect_table_row_count_to_be_between',
        kwargs: { min_value: min, ...(max === undefined ? {} : { max_value: max }) },
      },
    }
  },
  column<const Column extends string>(column: Column): ColumnExpectations<Column> {
    return {
      exists: () => ({ expectation: { type: 'expect_column_to_exist', kwargs: { column } } }),
      notNull: (options) => ({
        expectation: { type: 'expect_column_values_to_not_be_null', kwargs: { column, ...mostlyOf(options) } },
      }),
      between: (min, max, options) => ({
        expectation: {
          type: 'expect_column_values_to_be_between',
          kwargs: {
            column,
            min_value: min,
            max_value: max,
            ...mostlyOf(options),
            ...(options?.strictMin === undefined ? {} : { strict_min: options.strictMin }),
            ...(options?.strictMax === undefined ? {} : { strict_max: options.strictMax }),
          },
        },
      }),
      inSet: (values, options) => ({
        expectation: {
          type: 'expect_column_values_to_be_in_set',
          kwargs: { column, value_set: [...values], ...mostlyOf(options) },
        },
      }),
      unique: (options) => ({
        expectation: { type: 'expect_column_values_to_be_unique', kwargs: { column, ...mostlyOf(options) } },
      }),
    }
  },
} as const
