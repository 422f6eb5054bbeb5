import type { ExpectationType } from '../schemas/expectations.js'

/**
 * One sentence for each expectation, English and French. `{name}` is filled with the argument of that name; `{range}`, `{columns}` and
 * `{share}` are made of several.
 */
export const sentenceTemplates: Readonly<Record<ExpectationType, readonly [en: string, fr: string]>> = {
  expect_table_columns_to_match_set: ['The table has the columns {column_set}', 'La table a les colonnes {column_set}'],
  expect_table_columns_to_match_ordered_list: [
    'The table has the columns {column_list}, in this order',
    'La table a les colonnes {column_list}, dans cet ordre',
  ],
  expect_table_column_count_to_be_between: ['The number of columns is {range}', 'Le nombre de colonnes est {range}'],
  expect_table_column_count_to_equal: ['The table has {value} columns', 'La table a {value} colonnes'],
  expect_table_row_count_to_be_between: ['The number of rows is {range}', 'Le nombre de lignes est {range}'],
  expect_table_row_count_to_equal: ['The table has {value} rows', 'La table a {value} lignes'],
  expect_table_row_count_to_equal_other_table: [
    'The table has as many rows as {other_table_name}',
    'La table a autant de lignes que {other_table_name}',
  ],
  unexpected_rows_expectation: [
    'No row is found by {unexpected_rows_query}',
    'Aucune ligne ne répond à {unexpected_rows_query}',
  ],
  expect_query_results_to_match_comparison: [
    'The queries {base_query} and {comparison_query} give the same rows',
    'Les requêtes {base_query} et {comparison_query} donnent les mêmes lignes',
  ],
  expect_column_to_exist: ['There is a column {column}', 'Il y a une colonne {column}'],
  expect_column_values_to_be_null: ['{column} has no values', '{column} n’a pas de valeurs'],
  expect_column_values_to_not_be_null: ['{column} is never missing', '{column} n’est jamais manquante'],
  expect_column_values_to_be_unique: ['No value of {column} comes twice', 'Aucune valeur de {column} ne se répète'],
  expect_column_values_to_be_in_set: ['{column} is one of {value_set}', '{column} est l’une de {value_set}'],
  expect_column_values_to_not_be_in_set: ['{column} is none of {value_set}', '{column} n’est aucune de {value_set}'],
  expect_column_values_to_be_between: ['{column} is {range}', '{column} est {range}'],
  expect_column_values_to_be_of_type: ['{column} is of type {type_}', '{column} est de type {type_}'],
  expect_column_values_to_be_in_type_list: [
    '{column} is of one of the types {type_list}',
    '{column} est de l’un des types {type_list}',
  ],
  expect_column_type_to_be: ['{column} is of type {type_}', '{column} est de type {type_}'],
  expect_column_values_to_match_regex: ['{column} matches {regex}', '{column} correspond à {regex}'],
  expect_column_values_to_not_match_regex: ['{column} does not match {regex}', '{column} ne correspond pas à {regex}'],
  expect_column_values_to_match_regex_list: ['{column} matches {regex_list}', '{column} correspond à {regex_list}'],
  expect_column_values_to_not_match_regex_list: [
    '{column} matches none of {regex_list}',
    '{column} ne correspond à aucun de {regex_list}',
  ],
  expect_column_values_to_match_like_pattern: ['{column} is like {like_pattern}', '{column} est comme {like_pattern}'],
  expect_column_values_to_not_match_like_pattern: [
    '{column} is not like {like_pattern}',
    '{column} n’est pas comme {like_pattern}',
  ],
  expect_column_values_to_match_like_pattern_list: [
    '{column} is like {like_pattern_list}',
    '{column} est comme {like_pattern_list}',
  ],
  expect_column_values_to_not_match_like_pattern_list: [
    '{column} is like none of {like_pattern_list}',
    '{column} n’est comme aucun de {like_pattern_list}',
  ],
  expect_column_value_lengths_to_be_between: [
    'The length of {column} is {range}',
    'La longueur de {column} est {range}',
  ],
  expect_column_value_lengths_to_equal: ['{column} has {value} characters', '{column} a {value} caractères'],
  expect_column_value_z_scores_to_be_less_than: [
    '{column} is within {threshold} standard deviations of its mean',
    '{column} est à moins de {threshold} écarts-types de sa moyenne',
  ],
  expect_column_values_to_not_be_outliers: [
    'No value of {column} is far from the others',
    'Aucune valeur de {column} n’est loin des autres',
  ],
  expect_column_values_to_be_increasing: ['{column} increases from row to row', '{column} croît de ligne en ligne'],
  expect_column_values_to_be_decreasing: ['{column} decreases from row to row', '{column} décroît de ligne en ligne'],
  expect_column_values_to_be_dateutil_parseable: ['{column} can be read as a date', '{column} se lit comme une date'],
  expect_column_values_to_be_json_parseable: ['{column} can be read as JSON', '{column} se lit comme du JSON'],
  expect_column_values_to_match_json_schema: [
    '{column} follows the JSON schema {json_schema}',
    '{column} suit le schéma JSON {json_schema}',
  ],
  expect_column_values_to_match_strftime_format: [
    '{column} has the format {strftime_format}',
    '{column} a le format {strftime_format}',
  ],
  expect_column_min_to_be_between: ['The smallest {column} is {range}', 'Le minimum de {column} est {range}'],
  expect_column_max_to_be_between: ['The largest {column} is {range}', 'Le maximum de {column} est {range}'],
  expect_column_mean_to_be_between: ['The mean of {column} is {range}', 'La moyenne de {column} est {range}'],
  expect_column_median_to_be_between: ['The median of {column} is {range}', 'La médiane de {column} est {range}'],
  expect_column_sum_to_be_between: ['The sum of {column} is {range}', 'La somme de {column} est {range}'],
  expect_column_stdev_to_be_between: [
    'The standard deviation of {column} is {range}',
    'L’écart-type de {column} est {range}',
  ],
  expect_column_unique_value_count_to_be_between: [
    'The number of different values of {column} is {range}',
    'Le nombre de valeurs différentes de {column} est {range}',
  ],
  expect_column_proportion_of_unique_values_to_be_between: [
    'The share of different values of {column} is {range}',
    'La part de valeurs différentes de {column} est {range}',
  ],
  expect_column_proportion_of_non_null_values_to_be_between: [
    'The share of rows with a value of {column} is {range}',
    'La part des lignes avec une valeur de {column} est {range}',
  ],
  expect_column_max_to_be_recent: [
    'The newest {column} is at most {max_age} old',
    'La valeur la plus récente de {column} a au plus {max_age}',
  ],
  expect_column_quantile_values_to_be_between: [
    'The quantiles of {column} are within {quantile_ranges}',
    'Les quantiles de {column} sont dans {quantile_ranges}',
  ],
  expect_column_most_common_value_to_be_in_set: [
    'The most frequent {column} is one of {value_set}',
    'La valeur la plus fréquente de {column} est l’une de {value_set}',
  ],
  expect_column_distinct_values_to_be_in_set: [
    'All values of {column} are among {value_set}',
    'Toutes les valeurs de {column} sont parmi {value_set}',
  ],
  expect_column_distinct_values_to_contain_set: [
    'The values of {column} include {value_set}',
    'Les valeurs de {column} comprennent {value_set}',
  ],
  expect_column_distinct_values_to_equal_set: [
    'The values of {column} are exactly {value_set}',
    'Les valeurs de {column} sont exactement {value_set}',
  ],
  expect_column_kl_divergence_to_be_less_than: [
    'The Kullback-Leibler divergence of {column} is below {threshold}',
    'La divergence de Kullback-Leibler de {column} est inférieure à {threshold}',
  ],
  expect_column_chisquare_test_p_value_to_be_greater_than: [
    'The chi-square test of {column} has a p-value above {p}',
    'Le test du khi-deux de {column} a une valeur p supérieure à {p}',
  ],
  expect_column_bootstrapped_ks_test_p_value_to_be_greater_than: [
    'The bootstrapped Kolmogorov-Smirnov test of {column} has a p-value above {p}',
    'Le test de Kolmogorov-Smirnov rééchantillonné de {column} a une valeur p supérieure à {p}',
  ],
  expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than: [
    'The Kolmogorov-Smirnov test of {column} against {distribution} has a p-value above {p_value}',
    'Le test de Kolmogorov-Smirnov de {column} contre {distribution} a une valeur p supérieure à {p_value}',
  ],
  expect_column_pair_cramers_phi_value_to_be_less_than: [
    'Cramer’s phi of {column_A} and {column_B} is below {threshold}',
    'Le phi de Cramer de {column_A} et {column_B} est inférieur à {threshold}',
  ],
  expect_column_pair_values_to_be_equal: ['{column_A} equals {column_B}', '{column_A} est égale à {column_B}'],
  expect_column_pair_values_a_to_be_greater_than_b: [
    '{column_A} is greater than {column_B}',
    '{column_A} est supérieure à {column_B}',
  ],
  expect_column_pair_values_to_be_in_set: [
    '{column_A} and {column_B} are one of the pairs {value_pairs_set}',
    '{column_A} et {column_B} forment l’une des paires {value_pairs_set}',
  ],
  expect_compound_columns_to_be_unique: [
    'No combination of {column_list} comes twice',
    'Aucune combinaison de {column_list} ne se répète',
  ],
  expect_select_column_values_to_be_unique_within_record: [
    'The values of {column_list} differ within each row',
    'Les valeurs de {column_list} diffèrent dans chaque ligne',
  ],
  expect_multicolumn_values_to_be_unique: [
    'The values of {column_list} differ within each row',
    'Les valeurs de {column_list} diffèrent dans chaque ligne',
  ],
  expect_multicolumn_values_to_be_equal: [
    '{column_list} have the same value in each row',
    '{column_list} ont la même valeur dans chaque ligne',
  ],
  expect_multicolumn_sum_to_equal: ['{column_list} add up to {sum_total}', 'La somme de {column_list} est {sum_total}'],
}
