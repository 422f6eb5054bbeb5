import { z } from 'zod'
import { Json, Slug, Timestamp } from './common.js'

/** Types a column can have; `category` is text of a closed set. */
export const ColumnType = z.enum(['number', 'integer', 'text', 'category', 'boolean', 'timestamp', 'date'])
export type ColumnType = z.infer<typeof ColumnType>

export const ColumnDefinition = z.strictObject({
  type: ColumnType,
  nullable: z.boolean().default(false),
  unit: z.string().max(40).optional(),
  description: z.string().max(1000).optional(),
  values: z.array(z.string()).min(1).max(10_000).optional().meta({ description: 'The closed set of a category' }),
})
export type ColumnDefinition = z.infer<typeof ColumnDefinition>

const column = { column: z.string().min(1) }
/** Share of non-null rows that have to pass, from 0 to 1. */
const mostly = { mostly: z.number().min(0).max(1).optional() }

/** An expectation under its Great Expectations name, with its arguments. */
export const Expectation = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('expect_table_columns_to_match_set'),
    kwargs: z.strictObject({ column_set: z.array(z.string()), exact_match: z.boolean().default(true) }),
  }),
  z.strictObject({
    type: z.literal('expect_table_row_count_to_be_between'),
    kwargs: z.strictObject({ min_value: z.number().int().optional(), max_value: z.number().int().optional() }),
  }),
  z.strictObject({ type: z.literal('expect_column_to_exist'), kwargs: z.strictObject(column) }),
  z.strictObject({
    type: z.literal('expect_column_values_to_not_be_null'),
    kwargs: z.strictObject({ ...column, ...mostly }),
  }),
  z.strictObject({
    type: z.literal('expect_column_values_to_be_between'),
    kwargs: z.strictObject({
      ...column,
      ...mostly,
      min_value: z.number().optional(),
      max_value: z.number().optional(),
      strict_min: z.boolean().optional(),
      strict_max: z.boolean().optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('expect_column_values_to_be_in_set'),
    kwargs: z.strictObject({
      ...column,
      ...mostly,
      value_set: z.array(z.union([z.string(), z.number(), z.boolean()])),
    }),
  }),
  z.strictObject({
    type: z.literal('expect_column_values_to_be_unique'),
    kwargs: z.strictObject({ ...column, ...mostly }),
  }),
])
export type Expectation = z.infer<typeof Expectation>

export const SourceDefinition = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('csv'),
    path: z.string().min(1).meta({ description: 'File, relative to the folder of the project' }),
  }),
])
export type SourceDefinition = z.infer<typeof SourceDefinition>

export const DatasetDefinition = z.strictObject({
  name: Slug,
  description: z.string().max(1000).optional(),
  source: SourceDefinition,
  columns: z
    .record(z.string().min(1), ColumnDefinition)
    .default({})
    .meta({ description: 'Declared columns; others are inferred' }),
  expectations: z.array(Expectation).max(1000).default([]),
})
export type DatasetDefinition = z.infer<typeof DatasetDefinition>

export const EstimatorDefinition = z.strictObject({
  kind: z.enum(['random_forest_classifier']),
  params: z
    .record(z.string(), Json)
    .default({})
    .meta({ description: "Parameters under scikit-learn's names, as n_estimators" }),
})
export type EstimatorDefinition = z.infer<typeof EstimatorDefinition>

export const ModelDefinition = z.strictObject({
  name: Slug,
  description: z.string().max(1000).optional(),
  task: z.enum(['classification']),
  dataset: Slug,
  label: z.string().min(1),
  features: z.array(z.string().min(1)).min(1).max(10_000),
  estimator: EstimatorDefinition,
  test_share: z.number().gt(0).lt(1).default(0.25),
  seed: z.number().int().min(0).max(4_294_967_295).default(1),
  promotion_rule: z.boolean().default(false).meta({ description: 'True when the project has its own rule in code' }),
})
export type ModelDefinition = z.infer<typeof ModelDefinition>

/** What a `fabrique.config.ts` declares, without its functions. */
export const ProjectDefinition = z.strictObject({
  name: Slug,
  description: z.string().max(1000).optional(),
  datasets: z.array(DatasetDefinition).max(1000),
  models: z.array(ModelDefinition).max(1000),
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
