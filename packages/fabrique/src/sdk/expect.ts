import type { ExpectationInput, ExpectationKwargs, ExpectationType, Json, Severity } from '@fabrique/contract'

/** An expectation about columns of these names. */
export interface Expected<Columns extends string = string> {
  readonly expectation: ExpectationInput
  /** Only for the type checker: never set. */
  readonly columns?: Columns
}

/** What every expectation takes. */
export interface ExpectOptions {
  /** `critical` (the default) blocks what follows, `warning` alerts, `info` only tells. */
  readonly severity?: Severity
  /** Looks only at rows for which this holds, as `col("country") == "FR"`. */
  readonly where?: string
  /** Why it is expected; shown with the result. */
  readonly notes?: string
}

/** What expectations about each row take besides. */
export interface RowOptions extends ExpectOptions {
  /** Share of the rows looked at that has to pass, from 0 to 1; 1 by default. */
  readonly mostly?: number
  /** `quarantine` sets the rows that break it aside when the data is read, instead of failing. */
  readonly action?: 'quarantine'
}

/** A value of a cell. Moments and days are texts as `2026-11-21`, or `Date`. */
export type Value = string | number | boolean
export type Bound = number | string | Date

export interface StrictOptions {
  /** True refuses the bound itself. */
  readonly strictMin?: boolean
  readonly strictMax?: boolean
}

/** A range of which one side may be open. */
export interface Range extends StrictOptions {
  readonly min?: Bound
  readonly max?: Bound
}

/** Which pairs are left out: those without both values (the default), without either, or none. */
export type IgnorePairs = 'both_values_are_missing' | 'either_value_is_missing' | 'neither'
/** Which records are left out: those without any value (the default), with one missing, or none. */
export type IgnoreRecords = 'all_values_are_missing' | 'any_value_is_missing' | 'never'

export interface PairOptions extends RowOptions {
  readonly ignoreRowIf?: IgnorePairs
}

export interface RecordOptions extends RowOptions {
  readonly ignoreRowIf?: IgnoreRecords
}

/** A distribution in bins, or of categories, as Great Expectations writes it: weights sum to 1. */
export type Partition =
  | { readonly bins: readonly number[]; readonly weights: readonly number[] }
  | { readonly values: readonly Value[]; readonly weights: readonly number[] }

export interface QuantileRange {
  /** From 0 to 1. */
  readonly quantile: number
  /** Left out where that side is open. */
  readonly min?: number
  readonly max?: number
}

type Kwargs = Readonly<Record<string, Json | undefined>>

const bound = (value: Bound | undefined): number | string | undefined =>
  value instanceof Date ? value.toISOString() : value

function without(kwargs: Kwargs): Record<string, Json> {
  const given: Record<string, Json> = {}
  for (const [name, value] of Object.entries(kwargs)) if (value !== undefined) given[name] = value
  return given
}

function make<Columns extends string>(
  type: string,
  kwargs: Kwargs,
  options: (RowOptions & { readonly ignoreRowIf?: string }) | undefined,
): Expected<Columns> {
  const { severity, where, notes, mostly, action, ignoreRowIf } = options ?? {}
  const condition = where === undefined ? {} : { row_condition: where, condition_parser: 'great_expectations' }
  return {
    expectation: {
      type,
      kwargs: without({ ...kwargs, mostly, ignore_row_if: ignoreRowIf, ...condition }),
      ...(severity === undefined ? {} : { severity }),
      ...(action === undefined ? {} : { action }),
      ...(notes === undefined ? {} : { notes }),
    },
  }
}

/** `min` and `max` in two arguments, as `between(0, 10)`; either may be `undefined`, then that side is open. */
function range(min: Bound | undefined, max: Bound | undefined, options: StrictOptions | undefined): Kwargs {
  return {
    min_value: bound(min),
    max_value: bound(max),
    strict_min: options?.strictMin,
    strict_max: options?.strictMax,
  }
}

type AggregateBetween<Column extends string> = (
  min: number | undefined,
  max: number | undefined,
  options?: ExpectOptions & StrictOptions,
) => Expected<Column>

/** Expectations about one column. Rows without a value are left out of all but `notNull` and `isNull`. */
function columnExpectations<const Column extends string>(column: Column) {
  const values = (name: string, kwargs: Kwargs, options: RowOptions | undefined) =>
    make<Column>(`expect_column_values_to_${name}`, { column, ...kwargs }, options)
  const whole = (name: string, kwargs: Kwargs, options: ExpectOptions | undefined) =>
    make<Column>(`expect_column_${name}`, { column, ...kwargs }, options)
  const aggregate =
    (name: string): AggregateBetween<Column> =>
    (min, max, options) =>
      whole(`${name}_to_be_between`, range(min, max, options), options)
  return {
    /** The column is there; at `index` (from 0) where one is given. */
    exists: (options?: ExpectOptions & { readonly index?: number }) =>
      whole('to_exist', { column_index: options?.index }, options),
    notNull: (options?: RowOptions) => values('not_be_null', {}, options),
    isNull: (options?: RowOptions) => values('be_null', {}, options),
    /** No value comes twice; every copy of one that does is unexpected. */
    unique: (options?: RowOptions) => values('be_unique', {}, options),
    inSet: (set: readonly Value[], options?: RowOptions) => values('be_in_set', { value_set: [...set] }, options),
    notInSet: (set: readonly Value[], options?: RowOptions) =>
      values('not_be_in_set', { value_set: [...set] }, options),
    /** Each value lies between both bounds, bounds included; `undefined` leaves a side open. */
    between: (min: Bound | undefined, max: Bound | undefined, options?: RowOptions & StrictOptions) =>
      values('be_between', range(min, max, options), options),
    ofType: (type: string, options?: RowOptions) => values('be_of_type', { type_: type }, options),
    ofTypes: (types: readonly string[], options?: RowOptions) =>
      values('be_in_type_list', { type_list: [...types] }, options),
    /** The pattern is found in each value; `^` and `$` bind it to the whole. */
    matchRegex: (regex: string | RegExp, options?: RowOptions) =>
      values('match_regex', { regex: pattern(regex) }, options),
    notMatchRegex: (regex: string | RegExp, options?: RowOptions) =>
      values('not_match_regex', { regex: pattern(regex) }, options),
    /** Matches any of the patterns (the default), or all. */
    matchRegexList: (list: readonly (string | RegExp)[], options?: RowOptions & { readonly matchOn?: 'any' | 'all' }) =>
      values('match_regex_list', { regex_list: list.map(pattern), match_on: options?.matchOn }, options),
    notMatchRegexList: (list: readonly (string | RegExp)[], options?: RowOptions) =>
      values('not_match_regex_list', { regex_list: list.map(pattern) }, options),
    /** Matches a pattern of SQL: `%` stands for any text, `_` for one character. */
    matchLike: (like: string, options?: RowOptions) => values('match_like_pattern', { like_pattern: like }, options),
    notMatchLike: (like: string, options?: RowOptions) =>
      values('not_match_like_pattern', { like_pattern: like }, options),
    matchLikeList: (list: readonly string[], options?: RowOptions & { readonly matchOn?: 'any' | 'all' }) =>
      values('match_like_pattern_list', { like_pattern_list: [...list], match_on: options?.matchOn }, options),
    notMatchLikeList: (list: readonly string[], options?: RowOptions) =>
      values('not_match_like_pattern_list', { like_pattern_list: [...list] }, options),
    /** Characters of each text. */
    lengthBetween: (min: number | undefined, max: number | undefined, options?: RowOptions & StrictOptions) =>
      make<Column>('expect_column_value_lengths_to_be_between', { column, ...range(min, max, options) }, options),
    lengthEqual: (length: number, options?: RowOptions) =>
      make<Column>('expect_column_value_lengths_to_equal', { column, value: length }, options),
    /** Standard deviations from the mean; both sides by default. */
    zScoreBelow: (threshold: number, options?: RowOptions & { readonly doubleSided?: boolean }) =>
      make<Column>(
        'expect_column_value_z_scores_to_be_less_than',
        { column, threshold, double_sided: options?.doubleSided ?? true },
        options,
      ),
    /** No value lies far from the others: by quartiles (`iqr`, the default) or by standard deviations (`std`). */
    notOutliers: (options?: RowOptions & { readonly method?: 'iqr' | 'std'; readonly multiplier?: number }) =>
      values('not_be_outliers', { method: options?.method, multiplier: options?.multiplier }, options),
    increasing: (options?: RowOptions & { readonly strictly?: boolean }) =>
      values('be_increasing', { strictly: options?.strictly }, options),
    decreasing: (options?: RowOptions & { readonly strictly?: boolean }) =>
      values('be_decreasing', { strictly: options?.strictly }, options),
    dateParseable: (options?: RowOptions) => values('be_dateutil_parseable', {}, options),
    jsonParseable: (options?: RowOptions) => values('be_json_parseable', {}, options),
    matchJsonSchema: (schema: Readonly<Record<string, Json>>, options?: RowOptions) =>
      values('match_json_schema', { json_schema: schema }, options),
    /** As `%Y-%m-%d`. */
    matchStrftime: (format: string, options?: RowOptions) =>
      values('match_strftime_format', { strftime_format: format }, options),
    minBetween: (min: Bound | undefined, max: Bound | undefined, options?: ExpectOptions & StrictOptions) =>
      whole('min_to_be_between', range(min, max, options), options),
    maxBetween: (min: Bound | undefined, max: Bound | undefined, options?: ExpectOptions & StrictOptions) =>
      whole('max_to_be_between', range(min, max, options), options),
    meanBetween: aggregate('mean'),
    medianBetween: aggregate('median'),
    sumBetween: aggregate('sum'),
    /** Standard deviation of the sample. */
    stdevBetween: aggregate('stdev'),
    /** Number of different values. */
    uniqueCountBetween: aggregate('unique_value_count'),
    /** Different values by values, from 0 to 1. */
    uniqueShareBetween: aggregate('proportion_of_unique_values'),
    /** Share of the rows that have a value, from 0 to 1. */
    nonNullShareBetween: aggregate('proportion_of_non_null_values'),
    /** The newest moment is at most so old: seconds, or a duration as `90min`, `36h`, `3d`, `2w`. */
    fresh: (maxAge: number | string, options?: ExpectOptions) =>
      whole('max_to_be_recent', { max_age: maxAge }, options),
    typeIs: (type: string, options?: ExpectOptions) => whole('type_to_be', { type_: type }, options),
    quantilesBetween: (
      ranges: readonly QuantileRange[],
      options?: ExpectOptions & { readonly interpolation?: string },
    ) =>
      whole(
        'quantile_values_to_be_between',
        {
          quantile_ranges: {
            quantiles: ranges.map(({ quantile }) => quantile),
            value_ranges: ranges.map(({ min, max }) => [min ?? null, max ?? null]),
          },
          allow_relative_error: options?.interpolation,
        },
        options,
      ),
    mostCommonInSet: (set: readonly Value[], options?: ExpectOptions & { readonly tiesOkay?: boolean }) =>
      whole('most_common_value_to_be_in_set', { value_set: [...set], ties_okay: options?.tiesOkay }, options),
    distinctInSet: (set: readonly Value[], options?: ExpectOptions) =>
      whole('distinct_values_to_be_in_set', { value_set: [...set] }, options),
    distinctContain: (set: readonly Value[], options?: ExpectOptions) =>
      whole('distinct_values_to_contain_set', { value_set: [...set] }, options),
    distinctEqual: (set: readonly Value[], options?: ExpectOptions) =>
      whole('distinct_values_to_equal_set', { value_set: [...set] }, options),
    klDivergenceBelow: (
      partition: Partition,
      threshold: number,
      options?: ExpectOptions & {
        readonly tailWeightHoldout?: number
        readonly internalWeightHoldout?: number
        readonly bucketizeData?: boolean
      },
    ) =>
      whole(
        'kl_divergence_to_be_less_than',
        {
          partition_object: { ...partition },
          threshold,
          tail_weight_holdout: options?.tailWeightHoldout,
          internal_weight_holdout: options?.internalWeightHoldout,
          bucketize_data: options?.bucketizeData,
        },
        options,
      ),
    /** The chi-square test against the partition has a p-value above `p`. */
    chiSquareAbove: (
      partition: Partition,
      p: number,
      options?: ExpectOptions & { readonly tailWeightHoldout?: number },
    ) =>
      whole(
        'chisquare_test_p_value_to_be_greater_than',
        { partition_object: { ...partition }, p, tail_weight_holdout: options?.tailWeightHoldout },
        options,
      ),
    /** The test of Kolmogorov and Smirnov, on samples of the values, has a p-value above `p`. */
    ksAbove: (
      partition: Partition,
      p: number,
      options?: ExpectOptions & { readonly samples?: number; readonly sampleSize?: number },
    ) =>
      whole(
        'bootstrapped_ks_test_p_value_to_be_greater_than',
        {
          partition_object: { ...partition },
          p,
          bootstrap_samples: options?.samples,
          bootstrap_sample_size: options?.sampleSize,
        },
        options,
      ),
    /** The test of Kolmogorov and Smirnov against a distribution has a p-value of at least `pValue`. */
    followsDistribution: (
      distribution: 'norm' | 'beta' | 'gamma' | 'uniform' | 'chi2' | 'expon',
      params: readonly number[] | Readonly<Record<string, number>>,
      options?: ExpectOptions & { readonly pValue?: number },
    ) =>
      whole(
        'parameterized_distribution_ks_test_p_value_to_be_greater_than',
        { distribution, params: isList(params) ? [...params] : { ...params }, p_value: options?.pValue },
        options,
      ),
  }
}

function isList(params: readonly number[] | Readonly<Record<string, number>>): params is readonly number[] {
  return Array.isArray(params)
}

/** A pattern of Python. That of JavaScript is taken with its flags `i`, `m` and `s`; others change nothing of whether it is found. */
function pattern(regex: string | RegExp): string {
  if (typeof regex === 'string') return regex
  const flags = [...regex.flags].filter((flag) => 'ims'.includes(flag)).join('')
  return flags === '' ? regex.source : `(?${flags})${regex.source}`
}

/** Expectations about two columns. */
function pairExpectations<const First extends string, const Second extends string>(first: First, second: Second) {
  const pair = (name: string, kwargs: Kwargs, options: PairOptions | undefined) =>
    make<First | Second>(`expect_column_pair_values_${name}`, { column_A: first, column_B: second, ...kwargs }, options)
  return {
    equal: (options?: PairOptions) => pair('to_be_equal', {}, options),
    /** The first is greater than the second; or equal where `orEqual` is true. */
    greater: (options?: PairOptions & { readonly orEqual?: boolean }) =>
      pair('a_to_be_greater_than_b', { or_equal: options?.orEqual }, options),
    /** The columns hang together by at most `threshold` (phi of Cramér); numbers are put in the given bins. */
    cramersPhiBelow: (
      threshold: number,
      options?: ExpectOptions & { readonly bins?: readonly [first: readonly number[], second: readonly number[]] },
    ) =>
      make<First | Second>(
        'expect_column_pair_cramers_phi_value_to_be_less_than',
        {
          column_A: first,
          column_B: second,
          threshold,
          bins_A: options?.bins === undefined ? undefined : [...options.bins[0]],
          bins_B: options?.bins === undefined ? undefined : [...options.bins[1]],
        },
        options,
      ),
    inSet: (pairs: readonly (readonly [Value | null, Value | null])[], options?: PairOptions) =>
      pair('to_be_in_set', { value_pairs_set: pairs.map(([left, right]) => [left, right]) }, options),
  }
}

/** Expectations about several columns together. */
function togetherExpectations<const Column extends string>(names: readonly Column[]) {
  const together = (type: string, kwargs: Kwargs, options: RecordOptions | undefined) =>
    make<Column>(type, { column_list: [...names], ...kwargs }, options)
  return {
    /** No combination of their values comes twice. */
    unique: (options?: RecordOptions) => together('expect_compound_columns_to_be_unique', {}, options),
    /** No value comes twice within a row. */
    differWithinRow: (options?: RecordOptions) =>
      together('expect_select_column_values_to_be_unique_within_record', {}, options),
    /** All have the same value in each row. */
    equal: (options?: RecordOptions) => together('expect_multicolumn_values_to_be_equal', {}, options),
    sumEqual: (total: number, options?: RecordOptions) =>
      together('expect_multicolumn_sum_to_equal', { sum_total: total }, options),
  }
}

/** Expectations about the table as a whole. */
const tableExpectations = {
  columnCountBetween: (min: number | undefined, max: number | undefined, options?: ExpectOptions) =>
    make<never>('expect_table_column_count_to_be_between', range(min, max, undefined), options),
  columnCountEqual: (count: number, options?: ExpectOptions) =>
    make<never>('expect_table_column_count_to_equal', { value: count }, options),
  /** Exactly these columns in this order. */
  columnsInOrder: <const Column extends string>(names: readonly Column[], options?: ExpectOptions) =>
    make<Column>('expect_table_columns_to_match_ordered_list', { column_list: [...names] }, options),
  /** These columns in any order; others are allowed where `exact` is false. */
  columnsMatch: <const Column extends string>(
    names: readonly Column[],
    options?: ExpectOptions & { readonly exact?: boolean },
  ) =>
    make<Column>(
      'expect_table_columns_to_match_set',
      { column_set: [...names], exact_match: options?.exact ?? true },
      options,
    ),
  rowCountBetween: (min: number | undefined, max: number | undefined, options?: ExpectOptions) =>
    make<never>('expect_table_row_count_to_be_between', range(min, max, undefined), options),
  rowCountEqual: (count: number, options?: ExpectOptions) =>
    make<never>('expect_table_row_count_to_equal', { value: count }, options),
  rowCountEqualsTable: (table: string, options?: ExpectOptions) =>
    make<never>('expect_table_row_count_to_equal_other_table', { other_table_name: table }, options),
  /** The query, with `{batch}` for the table, finds no row. */
  noRows: (query: string, options?: ExpectOptions) =>
    make<never>('unexpected_rows_expectation', { unexpected_rows_query: query }, options),
  /** Both queries, with `{batch}` for the table, give the same rows. */
  sameRows: (query: string, comparison: string, options?: ExpectOptions & { readonly mostly?: number }) =>
    make<never>(
      'expect_query_results_to_match_comparison',
      { base_query: query, comparison_query: comparison },
      options,
    ),
} as const

/** What the catalogue types as arguments is JSON: it is made of texts, numbers, lists and records. */
function kwargsOf(kwargs: unknown): Kwargs {
  return kwargs as Kwargs
}

/** What data has to be like, under the names and with the meaning of Great Expectations. */
export const expect = {
  /** About one column. */
  column: columnExpectations,
  /** About two columns. */
  pair: pairExpectations,
  /**
   * The table has exactly these columns, in any order. With one more word it is about them together, as
   * `expect.columns(['id', 'day']).unique()`.
   */
  columns<const Column extends string>(names: readonly Column[], options?: ExpectOptions) {
    return { ...tableExpectations.columnsMatch(names, options), ...togetherExpectations(names) }
  },
  table: tableExpectations,
  /** The number of rows lies between both bounds. */
  rowCount: (min: number, max?: number, options?: ExpectOptions): Expected<never> =>
    tableExpectations.rowCountBetween(min, max, options),
  /** Any expectation by its name in snake case and its arguments, as in the JSON of Great Expectations. */
  custom: <const Type extends ExpectationType>(
    type: Type,
    kwargs: ExpectationKwargs<Type>,
    options?: RowOptions,
  ): Expected<never> => make<never>(type, kwargsOf(kwargs), options),
} as const
