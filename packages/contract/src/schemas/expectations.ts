import { z } from 'zod'
import { FabriqueError } from '../errors/fabrique-error.js'
import type { Json } from './common.js'
import type { Expectation, ExpectationInput } from './project.js'

/** What an expectation looks at; `column`, `pair` and `columns` judge each row. */
export type ExpectationGroup = 'table' | 'column' | 'aggregate' | 'distribution' | 'pair' | 'columns'

/** Where a type of expectation comes from: GX Core 1.x, GX before 1.0, or here. */
export type ExpectationOrigin = 'gx' | 'gx-before-1' | 'fabrique'

const text = z.string()
const flag = z.boolean()
const whole = z.number().int()
const column = { column: z.string().min(1) }
/** Share of the rows looked at that have to pass, from 0 to 1. */
const mostly = { mostly: z.number().min(0).max(1).optional() }
const rowCondition = {
  row_condition: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  condition_parser: z
    .enum(['pandas', 'python', 'great_expectations', 'great_expectations__experimental__', 'spark'])
    .optional(),
}
const scalar = z.union([z.string(), z.number(), z.boolean()])
const valueSet = z.array(z.union([scalar, z.null()])).max(100_000)
const anyBound = z.union([z.number(), z.string()]).optional()
const strict = { strict_min: flag.optional(), strict_max: flag.optional() }
const numberRange = { min_value: z.number().optional(), max_value: z.number().optional(), ...strict }
const anyRange = { min_value: anyBound, max_value: anyBound, ...strict }
const wholeRange = { min_value: whole.optional(), max_value: whole.optional(), ...strict }
const names = z.array(z.string().min(1))
const patterns = z.array(text).min(1).max(1000)
const escaping = { escape: z.string().length(1).optional() }
const pair = {
  column_A: z.string().min(1),
  column_B: z.string().min(1),
  ...mostly,
  ...rowCondition,
  ignore_row_if: z.enum(['both_values_are_missing', 'either_value_is_missing', 'neither']).optional(),
}
const columns = {
  column_list: names.min(1).max(100),
  ...mostly,
  ...rowCondition,
  ignore_row_if: z.enum(['all_values_are_missing', 'any_value_is_missing', 'never']).optional(),
}
/** A number of JSON, or the infinities as text, which JSON has no number for. */
const edge = z.union([z.number(), z.enum(['-Infinity', 'Infinity', '-inf', 'inf'])])
const partition = z.union([
  z.strictObject({ values: z.array(scalar).min(1), weights: z.array(z.number().min(0)).min(1) }),
  z.strictObject({
    bins: z.array(edge).min(2).max(10_000),
    weights: z.array(z.number().min(0)).min(1),
    tail_weights: z.array(z.number().min(0)).length(2).optional(),
  }),
])
const share = z.number().min(0).max(1)
const each = { ...column, ...mostly, ...rowCondition }
const whole1 = { ...column, ...rowCondition }

interface Entry<Kwargs extends z.ZodType> {
  readonly camel: string
  readonly group: ExpectationGroup
  readonly origin: ExpectationOrigin
  readonly kwargs: Kwargs
  readonly en: string
  readonly fr: string
}

function entry<const Shape extends z.core.$ZodLooseShape>(
  camel: string,
  group: ExpectationGroup,
  shape: Shape,
  [en, fr]: readonly [en: string, fr: string],
  origin: ExpectationOrigin = 'gx',
): Entry<z.ZodObject<Shape, z.core.$strict>> {
  return { camel, group, origin, kwargs: z.strictObject(shape), en, fr }
}

/**
 * Every type of expectation with its typed arguments, under the names and with the meaning of Great Expectations. The texts say
 * in a few words what is expected; `docs/expectations.md` is generated from this table.
 */
export const expectationCatalogue = {
  expect_column_to_exist: entry('ExpectColumnToExist', 'table', { ...column, column_index: whole.optional() }, [
    'The column is there, at the given position if one is named',
    'La colonne existe, à la position donnée s’il y en a une',
  ]),
  expect_table_column_count_to_be_between: entry(
    'ExpectTableColumnCountToBeBetween',
    'table',
    { min_value: whole.optional(), max_value: whole.optional() },
    ['The number of columns is within bounds', 'Le nombre de colonnes reste dans les bornes'],
  ),
  expect_table_column_count_to_equal: entry('ExpectTableColumnCountToEqual', 'table', { value: whole }, [
    'The table has this many columns',
    'La table a ce nombre de colonnes',
  ]),
  expect_table_columns_to_match_ordered_list: entry(
    'ExpectTableColumnsToMatchOrderedList',
    'table',
    { column_list: names.optional() },
    ['The columns are these, in this order', 'Les colonnes sont celles-ci, dans cet ordre'],
  ),
  expect_table_columns_to_match_set: entry(
    'ExpectTableColumnsToMatchSet',
    'table',
    { column_set: names.optional(), exact_match: flag.optional() },
    [
      'The columns are these in any order; without exact_match others may be there',
      'Les colonnes sont celles-ci, dans un ordre quelconque ; sans exact_match d’autres sont permises',
    ],
  ),
  expect_table_row_count_to_be_between: entry(
    'ExpectTableRowCountToBeBetween',
    'table',
    { ...wholeRange, ...rowCondition },
    ['The number of rows is within bounds', 'Le nombre de lignes reste dans les bornes'],
  ),
  expect_table_row_count_to_equal: entry('ExpectTableRowCountToEqual', 'table', { value: whole, ...rowCondition }, [
    'The table has this many rows',
    'La table a ce nombre de lignes',
  ]),
  expect_table_row_count_to_equal_other_table: entry(
    'ExpectTableRowCountToEqualOtherTable',
    'table',
    { other_table_name: z.string().min(1), ...rowCondition },
    ['The table has as many rows as another', 'La table a autant de lignes qu’une autre'],
  ),
  unexpected_rows_expectation: entry(
    'UnexpectedRowsExpectation',
    'table',
    { unexpected_rows_query: z.string().min(1).max(100_000) },
    [
      'The query, with {batch} for the table, finds no row',
      'La requête, où {batch} est la table, ne trouve aucune ligne',
    ],
  ),
  expect_query_results_to_match_comparison: entry(
    'ExpectQueryResultsToMatchComparison',
    'table',
    {
      base_query: z.string().min(1).max(100_000),
      comparison_data_source_name: text.optional(),
      comparison_query: z.string().min(1).max(100_000),
      ...mostly,
    },
    [
      'Two queries, with {batch} for the table, give the same rows',
      'Deux requêtes, où {batch} est la table, donnent les mêmes lignes',
    ],
  ),
  expect_column_values_to_be_null: entry('ExpectColumnValuesToBeNull', 'column', each, [
    'Every value is missing',
    'Toutes les valeurs manquent',
  ]),
  expect_column_values_to_not_be_null: entry('ExpectColumnValuesToNotBeNull', 'column', each, [
    'No value is missing',
    'Aucune valeur ne manque',
  ]),
  expect_column_values_to_be_unique: entry('ExpectColumnValuesToBeUnique', 'column', each, [
    'No value occurs twice; every copy of a duplicate is unexpected',
    'Aucune valeur n’apparaît deux fois ; chaque copie d’un doublon est inattendue',
  ]),
  expect_column_values_to_be_in_set: entry('ExpectColumnValuesToBeInSet', 'column', { ...each, value_set: valueSet }, [
    'Each value is in the set',
    'Chaque valeur est dans l’ensemble',
  ]),
  expect_column_values_to_not_be_in_set: entry(
    'ExpectColumnValuesToNotBeInSet',
    'column',
    { ...each, value_set: valueSet },
    ['No value is in the set', 'Aucune valeur n’est dans l’ensemble'],
  ),
  expect_column_values_to_be_between: entry('ExpectColumnValuesToBeBetween', 'column', { ...each, ...anyRange }, [
    'Each value is within bounds',
    'Chaque valeur reste dans les bornes',
  ]),
  expect_column_values_to_be_of_type: entry(
    'ExpectColumnValuesToBeOfType',
    'column',
    { ...each, type_: text.optional() },
    [
      'The values are of this type, named as in pandas, in SQL or here',
      'Les valeurs sont de ce type, nommé comme dans pandas, en SQL ou ici',
    ],
  ),
  expect_column_values_to_be_in_type_list: entry(
    'ExpectColumnValuesToBeInTypeList',
    'column',
    { ...each, type_list: z.array(text).optional() },
    ['The values are of one of these types', 'Les valeurs sont de l’un de ces types'],
  ),
  expect_column_type_to_be: entry('ExpectColumnTypeToBe', 'aggregate', { ...whole1, type_: text }, [
    'The column is of this type',
    'La colonne est de ce type',
  ]),
  expect_column_value_lengths_to_be_between: entry(
    'ExpectColumnValueLengthsToBeBetween',
    'column',
    { ...each, ...wholeRange },
    ['Each text has a number of characters within bounds', 'Chaque texte a un nombre de caractères dans les bornes'],
  ),
  expect_column_value_lengths_to_equal: entry(
    'ExpectColumnValueLengthsToEqual',
    'column',
    { ...each, value: z.number() },
    ['Each text has this many characters', 'Chaque texte a ce nombre de caractères'],
  ),
  expect_column_values_to_match_regex: entry(
    'ExpectColumnValuesToMatchRegex',
    'column',
    { ...each, regex: text.optional() },
    [
      'The regular expression of Python is found in each value',
      'L’expression régulière de Python se trouve dans chaque valeur',
    ],
  ),
  expect_column_values_to_not_match_regex: entry(
    'ExpectColumnValuesToNotMatchRegex',
    'column',
    { ...each, regex: text },
    ['The regular expression is found in no value', 'L’expression régulière ne se trouve dans aucune valeur'],
  ),
  expect_column_values_to_match_regex_list: entry(
    'ExpectColumnValuesToMatchRegexList',
    'column',
    { ...each, regex_list: patterns, match_on: z.enum(['any', 'all']).optional() },
    [
      'Any, or all, of the regular expressions are found in each value',
      'Une des expressions régulières, ou toutes, se trouvent dans chaque valeur',
    ],
  ),
  expect_column_values_to_not_match_regex_list: entry(
    'ExpectColumnValuesToNotMatchRegexList',
    'column',
    { ...each, regex_list: patterns },
    [
      'None of the regular expressions is found in any value',
      'Aucune des expressions régulières ne se trouve dans une valeur',
    ],
  ),
  expect_column_values_to_match_like_pattern: entry(
    'ExpectColumnValuesToMatchLikePattern',
    'column',
    { ...each, like_pattern: text, ...escaping },
    ['Each value is like the pattern of SQL', 'Chaque valeur suit le motif LIKE de SQL'],
  ),
  expect_column_values_to_not_match_like_pattern: entry(
    'ExpectColumnValuesToNotMatchLikePattern',
    'column',
    { ...each, like_pattern: text, ...escaping },
    ['No value is like the pattern of SQL', 'Aucune valeur ne suit le motif LIKE de SQL'],
  ),
  expect_column_values_to_match_like_pattern_list: entry(
    'ExpectColumnValuesToMatchLikePatternList',
    'column',
    { ...each, like_pattern_list: patterns, match_on: z.enum(['any', 'all']).optional(), ...escaping },
    ['Each value is like any, or all, of the patterns', 'Chaque valeur suit un des motifs, ou tous'],
  ),
  expect_column_values_to_not_match_like_pattern_list: entry(
    'ExpectColumnValuesToNotMatchLikePatternList',
    'column',
    { ...each, like_pattern_list: patterns, ...escaping },
    ['No value is like one of the patterns', 'Aucune valeur ne suit l’un des motifs'],
  ),
  expect_column_values_to_match_strftime_format: entry(
    'ExpectColumnValuesToMatchStrftimeFormat',
    'column',
    { ...each, strftime_format: z.string().min(1) },
    ['Each text is a moment in this format of Python', 'Chaque texte est un instant dans ce format de Python'],
  ),
  expect_column_values_to_be_dateutil_parseable: entry('ExpectColumnValuesToBeDateutilParseable', 'column', each, [
    'Each text is a moment that dateutil reads',
    'Chaque texte est un instant que dateutil sait lire',
  ]),
  expect_column_values_to_be_json_parseable: entry('ExpectColumnValuesToBeJsonParseable', 'column', each, [
    'Each text is JSON',
    'Chaque texte est du JSON',
  ]),
  expect_column_values_to_match_json_schema: entry(
    'ExpectColumnValuesToMatchJsonSchema',
    'column',
    { ...each, json_schema: z.union([z.record(z.string(), z.unknown()), z.boolean()]) },
    ['Each text is JSON of this JSON Schema', 'Chaque texte est du JSON conforme à ce JSON Schema'],
  ),
  expect_column_values_to_be_increasing: entry(
    'ExpectColumnValuesToBeIncreasing',
    'column',
    { ...each, strictly: flag.optional() },
    [
      'No value is below the one before it; strictly: each is above',
      'Aucune valeur n’est inférieure à la précédente ; strictly : chacune est supérieure',
    ],
  ),
  expect_column_values_to_be_decreasing: entry(
    'ExpectColumnValuesToBeDecreasing',
    'column',
    { ...each, strictly: flag.optional() },
    [
      'No value is above the one before it; strictly: each is below',
      'Aucune valeur n’est supérieure à la précédente ; strictly : chacune est inférieure',
    ],
  ),
  expect_column_value_z_scores_to_be_less_than: entry(
    'ExpectColumnValueZScoresToBeLessThan',
    'column',
    { ...each, threshold: z.number(), double_sided: flag },
    [
      'Each value is fewer than threshold standard deviations from the mean',
      'Chaque valeur est à moins de threshold écarts-types de la moyenne',
    ],
  ),
  expect_column_values_to_not_be_outliers: entry(
    'ExpectColumnValuesToNotBeOutliers',
    'column',
    { ...each, method: z.enum(['iqr', 'std']).optional(), multiplier: z.number().min(0).optional() },
    [
      'No value is far from the others, by quartiles or by standard deviations',
      'Aucune valeur n’est loin des autres, en quartiles ou en écarts-types',
    ],
  ),
  expect_column_min_to_be_between: entry('ExpectColumnMinToBeBetween', 'aggregate', { ...whole1, ...anyRange }, [
    'The smallest value is within bounds',
    'La plus petite valeur reste dans les bornes',
  ]),
  expect_column_max_to_be_between: entry('ExpectColumnMaxToBeBetween', 'aggregate', { ...whole1, ...anyRange }, [
    'The largest value is within bounds',
    'La plus grande valeur reste dans les bornes',
  ]),
  expect_column_mean_to_be_between: entry('ExpectColumnMeanToBeBetween', 'aggregate', { ...whole1, ...numberRange }, [
    'The mean is within bounds',
    'La moyenne reste dans les bornes',
  ]),
  expect_column_median_to_be_between: entry('ExpectColumnMedianToBeBetween', 'aggregate', { ...whole1, ...anyRange }, [
    'The median is within bounds',
    'La médiane reste dans les bornes',
  ]),
  expect_column_sum_to_be_between: entry('ExpectColumnSumToBeBetween', 'aggregate', { ...whole1, ...numberRange }, [
    'The sum is within bounds',
    'La somme reste dans les bornes',
  ]),
  expect_column_stdev_to_be_between: entry('ExpectColumnStdevToBeBetween', 'aggregate', { ...whole1, ...numberRange }, [
    'The standard deviation of the sample is within bounds',
    'L’écart-type de l’échantillon reste dans les bornes',
  ]),
  expect_column_unique_value_count_to_be_between: entry(
    'ExpectColumnUniqueValueCountToBeBetween',
    'aggregate',
    { ...whole1, ...wholeRange },
    ['The number of distinct values is within bounds', 'Le nombre de valeurs distinctes reste dans les bornes'],
  ),
  expect_column_proportion_of_unique_values_to_be_between: entry(
    'ExpectColumnProportionOfUniqueValuesToBeBetween',
    'aggregate',
    { ...whole1, ...numberRange },
    [
      'Distinct values per value that is there are within bounds',
      'Le nombre de valeurs distinctes par valeur présente reste dans les bornes',
    ],
  ),
  expect_column_proportion_of_non_null_values_to_be_between: entry(
    'ExpectColumnProportionOfNonNullValuesToBeBetween',
    'aggregate',
    { ...whole1, ...numberRange },
    ['The share of values that are there is within bounds', 'La part des valeurs présentes reste dans les bornes'],
  ),
  expect_column_quantile_values_to_be_between: entry(
    'ExpectColumnQuantileValuesToBeBetween',
    'aggregate',
    {
      ...whole1,
      quantile_ranges: z.strictObject({
        quantiles: z.array(share).min(1).max(1000),
        value_ranges: z.array(z.tuple([z.number().nullable(), z.number().nullable()])).min(1),
      }),
      allow_relative_error: z
        .union([z.boolean(), z.enum(['linear', 'lower', 'higher', 'midpoint', 'nearest'])])
        .optional(),
    },
    ['Each quantile is within its bounds', 'Chaque quantile reste dans ses bornes'],
  ),
  expect_column_most_common_value_to_be_in_set: entry(
    'ExpectColumnMostCommonValueToBeInSet',
    'aggregate',
    { ...whole1, value_set: valueSet, ties_okay: flag.optional() },
    ['The most frequent value is in the set', 'La valeur la plus fréquente est dans l’ensemble'],
  ),
  expect_column_distinct_values_to_be_in_set: entry(
    'ExpectColumnDistinctValuesToBeInSet',
    'aggregate',
    { ...whole1, value_set: valueSet },
    ['Every distinct value is in the set', 'Chaque valeur distincte est dans l’ensemble'],
  ),
  expect_column_distinct_values_to_contain_set: entry(
    'ExpectColumnDistinctValuesToContainSet',
    'aggregate',
    { ...whole1, value_set: valueSet },
    ['Every value of the set occurs', 'Chaque valeur de l’ensemble apparaît'],
  ),
  expect_column_distinct_values_to_equal_set: entry(
    'ExpectColumnDistinctValuesToEqualSet',
    'aggregate',
    { ...whole1, value_set: valueSet },
    ['The distinct values are exactly the set', 'Les valeurs distinctes sont exactement l’ensemble'],
  ),
  expect_column_max_to_be_recent: entry(
    'ExpectColumnMaxToBeRecent',
    'aggregate',
    {
      ...whole1,
      max_age: z.union([
        z.number().min(0),
        z
          .string()
          .regex(/^\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)$/, 'must be seconds, or a duration as 90min, 36h, 3d or 2w'),
      ]),
    },
    [
      'The newest moment of the column is at most max_age ago (freshness)',
      'L’instant le plus récent de la colonne date d’au plus max_age (fraîcheur)',
    ],
    'fabrique',
  ),
  expect_column_kl_divergence_to_be_less_than: entry(
    'ExpectColumnKLDivergenceToBeLessThan',
    'distribution',
    {
      ...whole1,
      partition_object: partition.optional(),
      threshold: z.number().min(0).optional(),
      tail_weight_holdout: share.optional(),
      internal_weight_holdout: share.optional(),
      bucketize_data: flag.optional(),
      min_value: z.number().optional(),
      max_value: z.number().optional(),
    },
    [
      'The divergence of Kullback and Leibler from the partition is at most threshold',
      'La divergence de Kullback-Leibler avec la partition ne dépasse pas threshold',
    ],
  ),
  expect_column_chisquare_test_p_value_to_be_greater_than: entry(
    'ExpectColumnChiSquareTestPValueToBeGreaterThan',
    'distribution',
    { ...whole1, partition_object: partition, p: share.optional(), tail_weight_holdout: share.optional() },
    [
      'The chi-square test against the partition gives a p-value above p',
      'Le test du khi-deux contre la partition donne une valeur p supérieure à p',
    ],
    'gx-before-1',
  ),
  expect_column_bootstrapped_ks_test_p_value_to_be_greater_than: entry(
    'ExpectColumnBootstrappedKsTestPValueToBeGreaterThan',
    'distribution',
    {
      ...whole1,
      partition_object: partition,
      p: share.optional(),
      bootstrap_samples: whole.min(1).max(100_000).optional(),
      bootstrap_sample_size: whole.min(1).max(10_000).optional(),
    },
    [
      'The test of Kolmogorov and Smirnov, on samples of the values, gives a p-value above p',
      'Le test de Kolmogorov-Smirnov, sur des échantillons des valeurs, donne une valeur p supérieure à p',
    ],
    'gx-before-1',
  ),
  expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than: entry(
    'ExpectColumnParameterizedDistributionKsTestPValueToBeGreaterThan',
    'distribution',
    {
      ...whole1,
      distribution: z.enum(['norm', 'beta', 'gamma', 'uniform', 'chi2', 'expon']),
      p_value: z.number().gt(0).lt(1).optional(),
      params: z.union([z.record(z.string(), z.number()), z.array(z.number()).max(4)]),
    },
    [
      'The test of Kolmogorov and Smirnov against a distribution gives at least p_value',
      'Le test de Kolmogorov-Smirnov contre une loi donne au moins p_value',
    ],
    'gx-before-1',
  ),
  expect_column_pair_cramers_phi_value_to_be_less_than: entry(
    'ExpectColumnPairCramersPhiValueToBeLessThan',
    'distribution',
    {
      column_A: z.string().min(1),
      column_B: z.string().min(1),
      ...rowCondition,
      bins_A: z.array(z.number()).min(2).max(1000).optional(),
      bins_B: z.array(z.number()).min(2).max(1000).optional(),
      threshold: z.number().min(0).optional(),
    },
    [
      'The columns hang together by at most threshold (phi of Cramér)',
      'Les colonnes sont liées d’au plus threshold (phi de Cramér)',
    ],
    'gx-before-1',
  ),
  expect_column_pair_values_to_be_equal: entry('ExpectColumnPairValuesToBeEqual', 'pair', pair, [
    'Both columns have the same value in each row',
    'Les deux colonnes ont la même valeur dans chaque ligne',
  ]),
  expect_column_pair_values_a_to_be_greater_than_b: entry(
    'ExpectColumnPairValuesAToBeGreaterThanB',
    'pair',
    { ...pair, or_equal: flag.optional() },
    ['A is greater than B in each row', 'A est supérieur à B dans chaque ligne'],
  ),
  expect_column_pair_values_to_be_in_set: entry(
    'ExpectColumnPairValuesToBeInSet',
    'pair',
    {
      ...pair,
      value_pairs_set: z.array(z.tuple([z.union([scalar, z.null()]), z.union([scalar, z.null()])])).max(10_000),
    },
    [
      'Both values of each row are a pair of the set',
      'Les deux valeurs de chaque ligne forment un couple de l’ensemble',
    ],
  ),
  expect_compound_columns_to_be_unique: entry('ExpectCompoundColumnsToBeUnique', 'columns', columns, [
    'No combination of the values of the columns occurs twice',
    'Aucune combinaison des valeurs des colonnes n’apparaît deux fois',
  ]),
  expect_select_column_values_to_be_unique_within_record: entry(
    'ExpectSelectColumnValuesToBeUniqueWithinRecord',
    'columns',
    columns,
    ['The values of the columns differ within each row', 'Les valeurs des colonnes diffèrent dans chaque ligne'],
  ),
  expect_multicolumn_sum_to_equal: entry(
    'ExpectMulticolumnSumToEqual',
    'columns',
    { ...columns, sum_total: z.number() },
    [
      'The values of the columns add up to sum_total in each row',
      'La somme des valeurs des colonnes vaut sum_total dans chaque ligne',
    ],
  ),
  expect_multicolumn_values_to_be_equal: entry('ExpectMulticolumnValuesToBeEqual', 'columns', columns, [
    'The columns have the same value in each row',
    'Les colonnes ont la même valeur dans chaque ligne',
  ]),
  expect_multicolumn_values_to_be_unique: entry(
    'ExpectMulticolumnValuesToBeUnique',
    'columns',
    { ...columns, column: text.optional() },
    [
      'The values of the columns differ within each row (the older name)',
      'Les valeurs des colonnes diffèrent dans chaque ligne (l’ancien nom)',
    ],
  ),
} as const

export type ExpectationType = keyof typeof expectationCatalogue
export const expectationTypes = Object.keys(expectationCatalogue) as readonly ExpectationType[]

/** Typed arguments of an expectation. */
export type ExpectationKwargs<Type extends ExpectationType> = z.output<(typeof expectationCatalogue)[Type]['kwargs']>

/** An expectation of the catalogue with its typed arguments. */
export type KnownExpectation = {
  [Type in ExpectationType]: { readonly type: Type; readonly kwargs: ExpectationKwargs<Type> }
}[ExpectationType]

/** Names that look alike once case, underscores and the prefix are gone: both forms of each type find it. */
const plainNames: ReadonlyMap<string, ExpectationType> = new Map(
  expectationTypes.flatMap((type) => [
    [plainName(type), type],
    [plainName(expectationCatalogue[type].camel), type],
  ]),
)

function plainName(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}

/** The snake case name of a type of expectation, given in camel or snake case; undefined where there is none of that name. */
export function expectationType(name: string): ExpectationType | undefined {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name) ? plainNames.get(plainName(name)) : undefined
}

/** Arguments that Great Expectations keeps beside those of an expectation, and that change nothing of what is expected. */
const beside = new Set([
  'batch_id',
  'result_format',
  'catch_exceptions',
  'include_config',
  'windows',
  'meta',
  'notes',
  'description',
  'severity',
  'id',
  'rendered_content',
  'library_metadata',
  'auto',
  'profiler_config',
  'parse_strings_as_datetimes',
  'output_strftime_format',
  'allow_cross_type_comparisons',
])

/** A place of a suite that a parameter is put in: `{"$PARAMETER": name}`. */
function isParameter(value: unknown): value is { readonly $PARAMETER: string } {
  return typeof value === 'object' && value !== null && '$PARAMETER' in value && typeof value.$PARAMETER === 'string'
}

/** The arguments with each parameter of the suite replaced by its value; those without a value stay. */
export function fillParameters(value: Json, parameters: Readonly<Record<string, Json>>): Json {
  if (isParameter(value))
    return Object.hasOwn(parameters, value.$PARAMETER) ? (parameters[value.$PARAMETER] ?? null) : value
  if (Array.isArray(value)) return value.map((item: Json) => fillParameters(item, parameters))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillParameters(item as Json, parameters)]))
}

function at(value: unknown, path: readonly PropertyKey[]): unknown[] {
  const passed: unknown[] = [value]
  for (const key of path) {
    const inner = passed.at(-1)
    if (typeof inner !== 'object' || inner === null) break
    passed.push((inner as Readonly<Record<PropertyKey, unknown>>)[key])
  }
  return passed
}

/**
 * An expectation with the snake case name of its type and checked arguments; arguments that are null or that say nothing of what
 * is expected are left out. Parameters of a suite are accepted everywhere. Throws `expectation_unknown`, or
 * `expectation_invalid` with type and argument.
 */
export function parseExpectation(given: ExpectationInput): Expectation {
  const type = expectationType(given.type)
  if (type === undefined) throw new FabriqueError('expectation_unknown', { type: given.type })
  const kwargs = Object.fromEntries(
    Object.entries(given.kwargs).filter(([name, value]) => value !== null && !beside.has(name)),
  )
  const parsed = (expectationCatalogue[type].kwargs as z.ZodType).safeParse(kwargs)
  const wrong = parsed.error?.issues.find(({ path }) => !at(kwargs, path).some(isParameter))
  if (wrong !== undefined) {
    const unknown = wrong.code === 'unrecognized_keys' ? wrong.keys[0] : undefined
    const [argument = unknown ?? 'kwargs'] = wrong.path
    const reason = unknown === undefined || wrong.path.length > 0 ? wrong.message : 'it has no such argument'
    throw new FabriqueError('expectation_invalid', { type, argument: String(argument), reason })
  }
  return { ...given, type, kwargs, severity: given.severity ?? 'critical' }
}

/** The typed form of an expectation that `parseExpectation` has checked and whose parameters are filled in. */
export function knownExpectation(expectation: Expectation): KnownExpectation {
  const checked = parseExpectation(expectation)
  const type = expectationType(checked.type)
  if (type === undefined) throw new FabriqueError('expectation_unknown', { type: checked.type })
  const known: { readonly type: ExpectationType; readonly kwargs: unknown } = {
    type,
    kwargs: (expectationCatalogue[type].kwargs as z.ZodType).parse(checked.kwargs),
  }
  return known as KnownExpectation
}
