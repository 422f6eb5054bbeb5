import { z } from 'zod'
import { ColumnName, Timestamp } from './common.js'
import { Prediction } from './prediction.js'

const Value = z.union([z.number(), z.string(), z.boolean(), z.null()])

const ModelReference = z.string().min(1).max(300).meta({
  description: 'A version of a registered model, as churn@champion or churn/3',
})
const SnapshotReference = z.string().min(1).max(300).meta({ description: 'A snapshot by its id, or as usage@latest' })

/**
 * How contributions were found: `tree` and `linear` are exact Shapley values; `sampling` estimates them by random orders of the columns,
 * against rows of a background, and has a standard error.
 */
export const ExplanationMethod = z.enum(['tree', 'linear', 'sampling']).meta({ id: 'ExplanationMethod' })
export type ExplanationMethod = z.infer<typeof ExplanationMethod>

/** What is to be found out about a model on rows that it may not have seen. */
export const ExplanationRequest = z
  .strictObject({
    model: ModelReference,
    snapshot: SnapshotReference.optional().meta({
      description:
        'Where the rows come from; by default the snapshot that the model was trained on, its test rows only',
    }),
    rows: z.number().int().min(2).max(100_000).default(1000).meta({ description: 'Rows drawn at random for it' }),
    importance: z
      .boolean()
      .default(true)
      .meta({ description: 'Permutation importance of each column; needs the true values' }),
    repeats: z.number().int().min(1).max(100).default(5).meta({ description: 'Times that each column is shuffled' }),
    metric: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'What importance is measured in: accuracy or r2 by default' }),
    dependence: z
      .union([z.number().int().min(0).max(100), z.array(ColumnName).max(100)])
      .default(4)
      .meta({ description: 'Partial dependence of these columns, or of that many of the most important ones' }),
    contributions: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .default(200)
      .meta({ description: 'Rows whose prediction is taken apart by column (Shapley values)' }),
    class: z.string().max(500).optional().meta({
      description: 'The class that is explained; by default the second of two, else each',
    }),
    fairness: z
      .strictObject({
        by: z.array(ColumnName).min(1).max(20).meta({ description: 'Columns with the groups, of the snapshot' }),
        favoured: z.string().max(500).optional().meta({ description: 'The favoured class; the second by default' }),
      })
      .optional()
      .meta({ description: 'Rates by group, of a classifier' }),
    seed: z.number().int().min(0).max(4_294_967_295).default(1),
  })
  .meta({ id: 'ExplanationRequest' })
export type ExplanationRequest = z.infer<typeof ExplanationRequest>
export type ExplanationRequestInput = z.input<typeof ExplanationRequest>

const ColumnImportance = z.object({
  column: ColumnName,
  mean: z.number().meta({ description: 'Mean loss of the score when the column is shuffled' }),
  deviation: z.number().meta({ description: 'Standard deviation over the repeats' }),
})

const Dependence = z.object({
  column: ColumnName,
  class: z.string().optional(),
  grid: z.array(z.union([z.number(), z.string()])).meta({ description: 'Values; milliseconds of a moment' }),
  means: z.array(z.number()).meta({ description: 'Mean prediction, or probability of the class, at each' }),
})

const ColumnContributions = z.object({
  class: z.string().optional(),
  base: z.number().meta({ description: 'What the model says on average; base and contributions add up' }),
  output: z.enum(['value', 'probability', 'log_odds', 'score']).meta({ description: 'What is taken apart' }),
  columns: z.array(
    z.object({
      column: ColumnName,
      mean_absolute: z.number(),
      values: z.array(Value).meta({ description: 'Of the column, by row' }),
      contributions: z.array(z.number()).meta({ description: 'By row, in the unit of the output' }),
    }),
  ),
})

const Rate = z.number().nullable().meta({ description: 'Null where there are no such rows' })

const FairnessTable = z.object({
  column: ColumnName,
  favoured: z.string(),
  groups: z.array(
    z.object({
      group: z.string(),
      rows: z.number().int(),
      selection_rate: Rate,
      base_rate: Rate,
      accuracy: Rate,
      precision: Rate,
      true_positive_rate: Rate,
      false_positive_rate: Rate,
    }),
  ),
  demographic_parity_difference: Rate,
  demographic_parity_ratio: Rate,
  equalized_odds_difference: Rate,
  equalized_odds_ratio: Rate,
})

/** What was found out about a version of a model. */
export const Explanation = z
  .object({
    explanation_id: z.string(),
    model: z.string(),
    version: z.string(),
    snapshot_id: z.string(),
    task: z.enum(['classification', 'regression']),
    classes: z.array(z.string()).optional(),
    rows: z.number().int(),
    metric: z.string().optional(),
    score: z.number().optional().meta({ description: 'The metric on these rows, unshuffled' }),
    importance: z.array(ColumnImportance).optional().meta({ description: 'The most important first' }),
    dependence: z.array(Dependence),
    method: ExplanationMethod.optional(),
    standard_error: z.number().optional().meta({ description: 'Of a contribution, where it is estimated; the mean' }),
    contributions: z.array(ColumnContributions),
    fairness: z.array(FairnessTable),
    seconds: z.number(),
    created_at: Timestamp,
    created_by: z.string(),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>

/** An explanation in a list, without its figures. */
export const ExplanationSummary = Explanation.omit({
  importance: true,
  dependence: true,
  contributions: true,
  fairness: true,
}).meta({ id: 'ExplanationSummary' })
export type ExplanationSummary = z.infer<typeof ExplanationSummary>

/** Why a model says what it says of one row. */
export const RowExplanation = z
  .object({
    model: z.string(),
    version: z.string(),
    request_id: z.string(),
    prediction: Prediction,
    method: ExplanationMethod,
    outputs: z.array(
      z.object({
        class: z.string().optional(),
        output: z.enum(['value', 'probability', 'log_odds', 'score']),
        base: z.number(),
        value: z.number().meta({ description: 'Base plus all contributions' }),
        contributions: z
          .array(
            z.object({
              column: ColumnName,
              value: Value,
              contribution: z.number(),
              standard_error: z.number().optional(),
            }),
          )
          .meta({ description: 'The greatest first' }),
      }),
    ),
  })
  .meta({ id: 'RowExplanation' })
export type RowExplanation = z.infer<typeof RowExplanation>

export const ComparisonRequest = z
  .strictObject({
    first: ModelReference,
    second: ModelReference,
    snapshot: SnapshotReference.optional().meta({
      description: 'Where the rows come from; by default the test rows of the second',
    }),
    seed: z.number().int().min(0).max(4_294_967_295).default(1),
  })
  .meta({ id: 'ComparisonRequest' })
export type ComparisonRequest = z.infer<typeof ComparisonRequest>

const Interval = z.object({ low: z.number(), high: z.number() })

/** Two versions on the same rows: metrics side by side, and whether their difference may be chance. */
export const ModelComparison = z
  .object({
    first: z.object({ model: z.string(), version: z.string() }),
    second: z.object({ model: z.string(), version: z.string() }),
    snapshot_id: z.string(),
    task: z.enum(['classification', 'regression']),
    rows: z.number().int(),
    seen_by: z
      .array(z.enum(['first', 'second']))
      .meta({ description: 'Who may have learnt from these rows, so that its figures flatter it' }),
    metrics: z.array(
      z.object({
        name: z.string(),
        first: z.number().nullable(),
        second: z.number().nullable(),
        is_higher_better: z.boolean(),
        difference: Interval.optional().meta({
          description: 'Second less first: 95 % of bootstrap samples of the rows lie in it',
        }),
      }),
    ),
    test: z.object({
      name: z.enum(['mcnemar_exact', 'mcnemar', 'paired_t']),
      statistic: z.number(),
      p_value: z.number().meta({ description: 'Chance of a difference at least as large when there is none' }),
      better: z.enum(['first', 'second', 'neither']).meta({ description: 'Neither where p is 0.05 or more' }),
    }),
  })
  .meta({ id: 'ModelComparison' })
export type ModelComparison = z.infer<typeof ModelComparison>
