import { z } from 'zod'
import { ColumnName, Json, PageQuery, Timestamp } from './common.js'
import { Job } from './job.js'

const Metric = z.string().min(1).max(100)
const Share = z.number().gt(0).lt(1)

/** One step under its name, with parameters under scikit-learn's names. */
const Step = z.strictObject({
  kind: z.string().min(1).max(100),
  params: z
    .record(z.string(), Json)
    .default({})
    .meta({ description: "Parameters under scikit-learn's names, as n_estimators" }),
})

export const TrainingSplit = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('random'),
      test_share: Share.default(0.2),
      stratify: z.boolean().default(true).meta({ description: 'Classes in their proportions on both sides' }),
    }),
    z.strictObject({ kind: z.literal('group'), column: ColumnName, test_share: Share.default(0.2) }),
    z.strictObject({ kind: z.literal('time'), column: ColumnName, test_share: Share.default(0.2) }),
  ])
  .meta({ id: 'TrainingSplit', description: 'Which rows are tested: by chance, whole groups, or the newest' })
export type TrainingSplit = z.infer<typeof TrainingSplit>

/** What a search may choose for one parameter. */
export const SearchDimension = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('number'),
      low: z.number(),
      high: z.number(),
      is_log: z.boolean().default(false),
      is_integer: z.boolean().default(false),
    }),
    z.strictObject({
      kind: z.literal('choice'),
      values: z
        .array(z.union([z.number(), z.boolean(), z.string(), z.null()]))
        .min(1)
        .max(1000),
    }),
  ])
  .meta({ id: 'SearchDimension' })
export type SearchDimension = z.infer<typeof SearchDimension>

export const TrainingSearch = z
  .strictObject({
    method: z.enum(['grid', 'random', 'tpe', 'halving', 'hyperband']).default('tpe'),
    trials: z.number().int().min(1).max(1000).default(20),
    metric: Metric.optional().meta({ description: 'What is made best: accuracy or r2 by default' }),
    space: z
      .record(z.string().min(1).max(100), SearchDimension)
      .optional()
      .meta({ description: 'By parameter; what the estimator proposes by default' }),
    prune: z.boolean().default(false).meta({ description: 'Stops trials early that are worse than others' }),
  })
  .meta({ id: 'TrainingSearch' })
export type TrainingSearch = z.infer<typeof TrainingSearch>

/** What a threshold between two classes makes best, on predictions of rows that were held back in folds. */
export const TrainingThreshold = z
  .discriminatedUnion('goal', [
    z.strictObject({ goal: z.enum(['f1', 'balanced_accuracy', 'youden']) }),
    z.strictObject({
      goal: z.literal('f_beta'),
      beta: z.number().gt(0).max(100).meta({ description: 'Above 1 recall counts more' }),
    }),
    z.strictObject({
      goal: z.literal('cost'),
      false_positive: z.number().min(0),
      false_negative: z.number().min(0),
    }),
    z.strictObject({
      goal: z.literal('precision_at_recall'),
      recall: z.number().gt(0).max(1).meta({ description: 'Least recall' }),
    }),
    z.strictObject({ goal: z.literal('fixed'), value: z.number().min(0).max(1) }),
  ])
  .meta({ id: 'TrainingThreshold', description: 'From which probability of the second class a row is of it' })
export type TrainingThreshold = z.infer<typeof TrainingThreshold>

/** A training that someone asks for: what is learnt from which snapshot, how, and what it is tested on. */
export const TrainingRequest = z
  .strictObject({
    snapshot: z.string().min(1).max(300).meta({
      description: 'A snapshot by its id, or of a data set as usage@latest; what follows the @ is as elsewhere',
    }),
    target: ColumnName.meta({ description: 'The column to predict' }),
    task: z
      .enum(['classification', 'regression'])
      .optional()
      .meta({ description: 'By default classification of text and of few whole numbers, regression of others' }),
    features: z.array(ColumnName).min(1).max(10_000).optional().meta({ description: 'By default all other columns' }),
    estimator: Step.optional().meta({ description: 'Needed unless auto is given' }),
    columns: z
      .array(z.strictObject({ columns: z.array(ColumnName).min(1).max(10_000), steps: z.array(Step).max(20) }))
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'Preprocessing by column; by default what suits columns and estimator' }),
    feature_steps: z.array(Step).max(20).optional().meta({ description: 'Steps over all features together' }),
    split: TrainingSplit.default({ kind: 'random', test_share: 0.2, stratify: true }),
    seed: z.number().int().min(0).max(4_294_967_295).default(1),
    weight: ColumnName.optional().meta({ description: 'A column with the weight of each row' }),
    folds: z.number().int().min(2).max(100).optional().meta({ description: 'Tests on folds of the training rows too' }),
    search: TrainingSearch.optional(),
    calibration: z
      .enum(['sigmoid', 'isotonic'])
      .optional()
      .meta({ description: 'Makes probabilities hold (Platt, isotonic), learnt on folds of the training rows' }),
    threshold: TrainingThreshold.optional(),
    auto: z
      .strictObject({
        budget_seconds: z.number().gt(0).max(86_400).default(60),
        metric: Metric.optional(),
      })
      .optional()
      .meta({ description: 'Tries a sensible set of estimators and takes the best' }),
    run_name: z.string().min(1).max(250).optional(),
    register: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .meta({ description: 'Name of the model that the result becomes a version of' }),
    promote: z.enum(['never', 'if_better', 'always']).default('never').meta({
      description: 'Whether the new version takes the alias champion; compared with the champion on the same test rows',
    }),
    promote_metric: Metric.optional().meta({ description: 'What is compared: accuracy or r2 by default' }),
    learning_curve: z
      .boolean()
      .default(false)
      .meta({ description: 'Also fits on growing shares of the training rows' }),
  })
  .meta({ id: 'TrainingRequest' })
export type TrainingRequest = z.infer<typeof TrainingRequest>
/** A request as people write it: what is left out has its default. */
export type TrainingRequestInput = z.input<typeof TrainingRequest>

export const TrainingStarted = z
  .object({
    job: Job,
    run_id: z.string().meta({ description: 'The run, which exists from now on' }),
  })
  .meta({ id: 'TrainingStarted' })
export type TrainingStarted = z.infer<typeof TrainingStarted>

export const EstimatorParameter = z
  .object({
    name: z.string().meta({ description: "scikit-learn's name" }),
    type: z.enum(['integer', 'number', 'count_or_share', 'boolean', 'choice', 'integers', 'weights']),
    default: Json,
    nullable: z.boolean().meta({ description: 'Whether null (none, no limit) is a value' }),
    choices: z.array(z.string()).meta({ description: 'Words that are accepted' }),
    min: z.number().optional(),
    max: z.number().optional(),
    is_min_open: z.boolean().optional().meta({ description: 'The value must lie above min' }),
    search: z
      .object({ low: z.number(), high: z.number(), is_log: z.boolean() })
      .optional()
      .meta({ description: 'Where a search looks when it is not told otherwise' }),
    description: z.string().meta({ description: 'In the language of the request' }),
  })
  .meta({ id: 'EstimatorParameter' })
export type EstimatorParameter = z.infer<typeof EstimatorParameter>

export const EstimatorInfo = z
  .object({
    kind: z.string().meta({ description: 'As random_forest_classifier' }),
    task: z.enum(['classification', 'regression', 'clustering', 'decomposition', 'anomaly']),
    sklearn_name: z.string(),
    accepts: z.object({
      missing: z.boolean(),
      categories: z.boolean(),
      sparse: z.boolean(),
      sample_weights: z.boolean(),
    }),
    parameters: z.array(EstimatorParameter),
  })
  .meta({ id: 'EstimatorInfo' })
export type EstimatorInfo = z.infer<typeof EstimatorInfo>

/** A training that was asked for, of this page, a command or a loop: what it learnt from, and how well. */
export const Training = z
  .object({
    run_id: z.string(),
    run_name: z.string(),
    status: z.enum(['SCHEDULED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED']),
    job_id: z.string().optional().meta({ description: 'The job that does it; absent for a loop of a project' }),
    dataset: z.string(),
    snapshot_id: z.string(),
    target: z.string().optional(),
    task: z.enum(['classification', 'regression']).optional(),
    estimator: z.string().optional(),
    model: z.string().optional().meta({ description: 'Name under which it is registered' }),
    version: z.string().optional(),
    aliases: z.array(z.string()).meta({ description: 'Of its version' }),
    metrics: z.record(z.string(), z.number()).meta({ description: 'Latest value by name, on the test rows' }),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    started_at: Timestamp,
    ended_at: Timestamp.optional(),
    requested_by: z.string(),
  })
  .meta({ id: 'Training' })
export type Training = z.infer<typeof Training>

const trainingFilters = {
  dataset: z.string().optional(),
  target: z.string().optional(),
  model: z.string().optional(),
}

export const TrainingQuery = PageQuery.extend(trainingFilters)
export const TrainingExportQuery = z.object({
  ...trainingFilters,
  format: z.enum(['csv', 'csv-fr']).default('csv').meta({ description: 'csv-fr is for French Excel' }),
})
