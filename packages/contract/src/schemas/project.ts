import { z } from 'zod'
import { ColumnType, Json, Slug, Timestamp } from './common.js'
import { FeatureDeclarations } from './feature.js'
import { FlowDefinition } from './flow.js'
import { MonitorDefinition } from './monitoring/index.js'
import { RateText } from './rate.js'
import { SourceDefinition } from './source.js'
import { TrainingRequest, TrainingSplit } from './training.js'

export const ColumnDefinition = z.strictObject({
  type: ColumnType,
  nullable: z.boolean().default(false),
  unit: z.string().max(40).optional(),
  description: z.string().max(1000).optional(),
  values: z.array(z.string()).min(1).max(10_000).optional().meta({ description: 'The closed set of a category' }),
  min: z
    .union([z.number(), z.string()])
    .optional()
    .meta({ description: 'Smallest value allowed; text for moments and days' }),
  max: z.union([z.number(), z.string()]).optional().meta({ description: 'Largest value allowed' }),
})
export type ColumnDefinition = z.infer<typeof ColumnDefinition>

export const Severity = z.enum(['critical', 'warning', 'info'])
export type Severity = z.infer<typeof Severity>

/**
 * An expectation under its Great Expectations name, with its arguments; `expectations.ts` has the arguments of each type.
 */
export const Expectation = z
  .strictObject({
    type: z
      .string()
      .regex(
        /^(expect_[a-z0-9_]+|Expect[A-Za-z0-9]+|unexpected_rows_expectation|UnexpectedRowsExpectation)$/,
        'must be the name of an expectation, as expect_column_values_to_be_unique',
      ),
    kwargs: z.record(z.string(), Json),
    severity: Severity.default('critical').meta({
      description: 'critical blocks what follows, warning alerts, info only tells',
    }),
    action: z
      .enum(['quarantine'])
      .optional()
      .meta({ description: 'Sets the rows that break it aside when the data is read, instead of failing' }),
    notes: z.string().max(4000).optional(),
    meta: z.record(z.string(), Json).optional(),
  })
  .meta({ id: 'Expectation' })
export type Expectation = z.infer<typeof Expectation>
/** An expectation as people write it: what is left out has its default. */
export type ExpectationInput = Omit<Expectation, 'severity'> & { readonly severity?: Severity }

/**
 * What becomes of rows that do not parse or break the declared columns: `block` refuses the ingest, `quarantine` sets them aside up to
 * a share of all, `warn` sets aside any number. They are never dropped silently.
 */
export const BadRowPolicy = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('block') }),
  z.strictObject({ mode: z.literal('quarantine'), max_share: z.number().min(0).max(1) }),
  z.strictObject({ mode: z.literal('warn') }),
])
export type BadRowPolicy = z.infer<typeof BadRowPolicy>

export const DatasetDefinition = z.strictObject({
  name: Slug,
  description: z.string().max(1000).optional(),
  source: SourceDefinition,
  columns: z
    .record(z.string().min(1), ColumnDefinition)
    .default({})
    .meta({ description: 'Declared columns; others are inferred' }),
  key: z.array(z.string().min(1)).max(32).default([]).meta({ description: 'Columns that together name a row; unique' }),
  time: z.string().min(1).optional().meta({ description: 'Column with the moment of a row' }),
  bad_rows: BadRowPolicy.default({ mode: 'block' }),
  mirror: z
    .strictObject({
      schema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/),
      table: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/),
      keep: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(12)
        .meta({ description: 'Newest snapshots that stay in the table' }),
    })
    .optional()
    .meta({ description: 'A PostgreSQL table that each snapshot is copied to, with its date' }),
  expectations: z.array(Expectation).max(1000).default([]),
})
export type DatasetDefinition = z.infer<typeof DatasetDefinition>

export const EstimatorDefinition = z.strictObject({
  kind: z.string().min(1).max(100).meta({ description: 'As random_forest_classifier' }),
  params: z
    .record(z.string(), Json)
    .default({})
    .meta({ description: "Parameters under scikit-learn's names, as n_estimators" }),
})
export type EstimatorDefinition = z.infer<typeof EstimatorDefinition>

/** A program of the user that trains in their own Python. */
export const ScriptDefinition = z.strictObject({
  path: z.string().min(1).max(1000).meta({ description: 'In the folder of the project' }),
  args: z.array(z.string().max(4000)).max(100).default([]).meta({
    description: 'Given as they are, but for {train}, {test}, {data}, {target}, {params}, {snapshot}, {run_id}',
  }),
  params: z.record(z.string().min(1).max(250), Json).default({}).meta({
    description: 'What the script may read as JSON, logged as parameters of the run',
  }),
  python: z.string().min(1).max(1000).optional().meta({ description: 'By default that of the environment' }),
  timeout_seconds: z.number().gt(0).max(604_800).optional(),
})
export type ScriptDefinition = z.infer<typeof ScriptDefinition>

/** What becomes of a prediction by key where a feature is not there, or too old. */
export const MissingFeaturePolicy = z.enum(['error', 'default', 'null']).meta({
  description: 'error: the prediction is refused; default: the values given beside it; null: as a missing value',
})
export type MissingFeaturePolicy = z.infer<typeof MissingFeaturePolicy>

/**
 * Where the features of a model come from: a feature service. Its data set then holds the labels, with their keys and time; each training
 * joins the features to them as they were then, and predictions look them up by key.
 */
export const ModelFeatureService = z.strictObject({
  name: Slug.meta({ description: 'At its newest version when the model is trained; that one then serves it' }),
  as_known: z.boolean().default(false).meta({ description: 'Trains on what was known then: created no later' }),
  on_missing: MissingFeaturePolicy.default('error'),
  defaults: z
    .record(z.string().min(1).max(500), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({})
    .meta({ description: 'By feature; one that is not named is refused where it is missing' }),
})
export type ModelFeatureService = z.infer<typeof ModelFeatureService>

/** How the predictions of a model are given. */
export const PredictDefinition = z
  .strictObject({
    rate_limit: RateText.optional().meta({
      description: 'How often one caller may ask for predictions, as 10/minute; no limit without it',
    }),
  })
  .meta({ id: 'PredictDefinition' })
export type PredictDefinition = z.infer<typeof PredictDefinition>

/** What becomes of the predictions of a model in the log. */
export const PredictionLogDefinition = z
  .strictObject({
    share: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .meta({ description: 'Part of the predictions that is kept; 0 keeps none' }),
    redact: z
      .array(z.string().min(1).max(500))
      .max(1000)
      .default([])
      .meta({ description: 'Inputs whose values are not kept, as ["email"]; that they were given stays visible' }),
  })
  .meta({ id: 'PredictionLogDefinition' })
export type PredictionLogDefinition = z.infer<typeof PredictionLogDefinition>

const { columns, feature_steps, weight, folds, search, calibration, threshold, auto, learning_curve, promote_metric } =
  TrainingRequest.shape

/** What a model predicts, from which columns, and how it is trained: by one of `estimator`, `auto` and `script`. */
export const ModelDefinition = z
  .strictObject({
    name: Slug,
    description: z.string().max(1000).optional(),
    task: z.enum(['classification', 'regression']),
    dataset: Slug,
    label: z.string().min(1),
    features: z.array(z.string().min(1)).min(1).max(10_000),
    feature_service: ModelFeatureService.optional(),
    estimator: EstimatorDefinition.optional(),
    auto,
    script: ScriptDefinition.optional(),
    columns,
    feature_steps,
    weight,
    split: TrainingSplit.default({ kind: 'random', test_share: 0.25, stratify: true }),
    folds,
    search,
    calibration,
    threshold,
    learning_curve,
    seed: z.number().int().min(0).max(4_294_967_295).default(1),
    promotion_rule: z.boolean().default(false).meta({ description: 'True when the project has its own rule in code' }),
    promote_metric,
    prediction_log: PredictionLogDefinition.optional(),
    predict: PredictDefinition.optional(),
  })
  .superRefine(({ estimator, auto, script, search, calibration, threshold }, checked) => {
    const given = [estimator, auto, script].filter((one) => one !== undefined).length
    const refuse = (path: string, message: string) => checked.addIssue({ code: 'custom', path: [path], message })
    if (given !== 1) refuse('estimator', 'give exactly one of estimator, auto and script')
    else if (search !== undefined && estimator === undefined) refuse('search', 'it needs an estimator')
    if (script === undefined) return
    if (calibration !== undefined) refuse('calibration', 'it needs an estimator or auto')
    if (threshold !== undefined) refuse('threshold', 'it needs an estimator or auto')
  })
export type ModelDefinition = z.infer<typeof ModelDefinition>

/** What a `fabrique.config.ts` declares, without its functions. */
export const ProjectDefinition = z.strictObject({
  name: Slug,
  description: z.string().max(1000).optional(),
  datasets: z.array(DatasetDefinition).max(1000),
  models: z.array(ModelDefinition).max(1000),
  features: FeatureDeclarations.optional(),
  flows: z.array(FlowDefinition).max(1000).optional(),
  monitors: z.array(MonitorDefinition).max(1000).optional(),
  predict: PredictDefinition.optional().meta({ description: 'For its models that declare none of their own' }),
})
export type ProjectDefinition = z.infer<typeof ProjectDefinition>

export const Project = z
  .object({
    name: Slug,
    description: z.string().optional(),
    folder: z.string().meta({ description: 'Folder of the project on the machine that applied it' }),
    definition: ProjectDefinition,
    digest: z.string().meta({ description: 'SHA-256 of the definition' }),
    applied_at: Timestamp,
  })
  .meta({ id: 'Project' })
export type Project = z.infer<typeof Project>
