import { z } from 'zod'
import { ColumnName, ColumnType, Json, PageQuery, Slug, Timestamp } from './common.js'

const Seconds = z
  .number()
  .gt(0)
  .max(10 * 366 * 86_400)
const About = {
  description: z.string().max(1000).optional(),
  owner: z.string().max(200).optional(),
  tags: z.record(z.string().min(1).max(100), z.string().max(500)).default({}),
}

/** What features are about, as a user: its keys tell one from another. */
export const EntityDefinition = z.strictObject({
  name: Slug,
  keys: z
    .array(
      z.strictObject({
        name: ColumnName,
        type: z.enum(['text', 'integer', 'boolean']).optional().meta({ description: 'That of the data by default' }),
      }),
    )
    .min(1)
    .max(8),
  ...About,
})
export type EntityDefinition = z.infer<typeof EntityDefinition>

export const AggregationFunction = z.enum(['sum', 'count', 'mean', 'min', 'max', 'last'])
export type AggregationFunction = z.infer<typeof AggregationFunction>

/** Features of an entity over time, from one data set or from SQL over several. */
export const FeatureViewDefinition = z.strictObject({
  name: Slug,
  entities: z.array(Slug).min(1).max(8),
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('dataset'), dataset: Slug }),
    z.strictObject({
      kind: z.literal('sql'),
      sql: z.string().min(1).max(100_000).meta({ description: 'One select of DuckDB over data sets by their names' }),
      datasets: z.array(Slug).min(1).max(50),
    }),
  ]),
  keys: z
    .record(ColumnName, ColumnName)
    .default({})
    .meta({ description: 'Column of a key that has another name there' }),
  time: ColumnName.meta({ description: 'When a row became true' }),
  created: ColumnName.optional().meta({ description: 'When a row became known' }),
  ties: z.array(ColumnName).max(32).default([]).meta({
    description: 'Of rows equal in key, time and created the greatest by these columns counts, then the last',
  }),
  ttl_seconds: Seconds.nullable()
    .default(null)
    .meta({ description: 'Older values count as missing; null is no limit' }),
  features: z
    .array(
      z.strictObject({ name: ColumnName, column: ColumnName.optional(), description: z.string().max(1000).optional() }),
    )
    .max(2000)
    .default([]),
  aggregations: z
    .array(
      z.strictObject({
        name: ColumnName,
        column: ColumnName.optional().meta({ description: 'May be left out of a count' }),
        function: AggregationFunction,
        window_seconds: z
          .number()
          .int()
          .min(3600)
          .max(365 * 86_400),
      }),
    )
    .max(500)
    .default([])
    .meta({ description: 'Over the events of a key no older than the window, those exactly as old included' }),
  derived: z
    .array(
      z.strictObject({
        name: ColumnName,
        type: ColumnType,
        inputs: z.array(ColumnName).min(1).max(100).meta({ description: 'Features and aggregations of this view' }),
        sql: z
          .string()
          .min(1)
          .max(10_000)
          .optional()
          .meta({ description: 'An expression over the inputs; without it the code of the project computes it' }),
        code: z
          .string()
          .max(100_000)
          .optional()
          .meta({ description: 'Digest of that code: a change is a new version' }),
      }),
    )
    .max(500)
    .default([]),
  online: z.boolean().default(true).meta({ description: 'Whether values are kept for reads by key' }),
  schedule: z.string().max(100).optional().meta({ description: 'Cron: when it is materialised' }),
  on_snapshot: z.boolean().default(true).meta({ description: 'Materialised when a new snapshot arrives' }),
  ...About,
})
export type FeatureViewDefinition = z.infer<typeof FeatureViewDefinition>

/** A versioned list of features that a model is trained on and served with. */
export const FeatureServiceDefinition = z.strictObject({
  name: Slug,
  views: z
    .array(
      z.strictObject({
        view: Slug,
        features: z.array(ColumnName).min(1).max(2000).optional().meta({ description: 'All by default' }),
        prefix: z.string().max(100).optional().meta({ description: 'Put before the names of its features' }),
      }),
    )
    .min(1)
    .max(100),
  ...About,
})
export type FeatureServiceDefinition = z.infer<typeof FeatureServiceDefinition>

/** All that a project declares of features. */
export const FeatureDeclarations = z.strictObject({
  entities: z.array(EntityDefinition).max(1000).default([]),
  feature_views: z.array(FeatureViewDefinition).max(1000).default([]),
  feature_services: z.array(FeatureServiceDefinition).max(1000).default([]),
})
export type FeatureDeclarations = z.infer<typeof FeatureDeclarations>

/** Declarations to look at, with the data sets of the same definition: those may not be applied yet. */
export const PlanFeatures = FeatureDeclarations.extend({
  datasets: z
    .array(z.object({ name: Slug, columns: z.record(ColumnName, z.object({ type: ColumnType })).default({}) }))
    .max(1000)
    .default([])
    .meta({ description: 'Data sets that are declared beside them; those of the project count anyway' }),
})
export type PlanFeatures = z.infer<typeof PlanFeatures>

/** One step of a plan; nothing is lost by any of them but the online values of what goes. */
export const FeatureChange = z
  .object({
    kind: z.enum(['entity', 'feature_view', 'feature_service']),
    name: z.string(),
    change: z.enum(['create', 'update', 'delete', 'none']),
    from_version: z.number().int().optional(),
    to_version: z.number().int().optional(),
    fields: z
      .array(z.object({ path: z.string(), before: Json.optional(), after: Json.optional() }))
      .meta({ description: 'What differs, as ttl_seconds' }),
    consequences: z.array(z.enum(['rematerialize', 'drops_online_values', 'models_pin_older_version'])),
  })
  .meta({ id: 'FeatureChange' })
export type FeatureChange = z.infer<typeof FeatureChange>

export const FeaturePlan = z
  .object({
    changes: z.array(FeatureChange),
    digest: z
      .string()
      .meta({ description: 'Of the state and the wish: apply refuses when the state changed meanwhile' }),
  })
  .meta({ id: 'FeaturePlan' })
export type FeaturePlan = z.infer<typeof FeaturePlan>

/** Declarations to apply; with the digest of a plan only while that plan still holds. */
export const ApplyFeatures = z.strictObject({
  declarations: FeatureDeclarations,
  digest: z.string().max(100).optional().meta({ description: 'Of the plan that someone has looked at' }),
})
export type ApplyFeatures = z.infer<typeof ApplyFeatures>

export const ServedFeature = z.object({
  name: z.string(),
  kind: z.enum(['feature', 'aggregation', 'derived']),
  type: ColumnType.optional().meta({ description: 'Known once the data was seen' }),
  description: z.string().optional(),
})
export type ServedFeature = z.infer<typeof ServedFeature>

/** A view as it is applied. */
export const FeatureView = z
  .object({
    project: z.string(),
    name: z.string(),
    version: z.number().int(),
    definition: FeatureViewDefinition,
    keys: z.array(z.object({ name: z.string(), type: z.string().optional() })),
    features: z.array(ServedFeature),
    applied_at: Timestamp,
    applied_by: z.string(),
    services: z.array(z.string()),
    materialized: z
      .object({
        until: Timestamp.meta({ description: 'Everything known then is in the online store' }),
        newest_event: Timestamp.optional(),
        keys: z.number().int(),
        snapshot_id: z.string().optional(),
        ended_at: Timestamp,
      })
      .optional(),
  })
  .meta({ id: 'FeatureView' })
export type FeatureView = z.infer<typeof FeatureView>

export const Entity = z
  .object({ project: z.string(), definition: EntityDefinition, views: z.array(z.string()), applied_at: Timestamp })
  .meta({ id: 'Entity' })
export type Entity = z.infer<typeof Entity>

export const FeatureService = z
  .object({
    project: z.string(),
    name: z.string(),
    version: z.number().int(),
    definition: FeatureServiceDefinition,
    views: z
      .array(z.object({ view: z.string(), version: z.number().int() }))
      .meta({ description: 'The versions that it was applied with' }),
    applied_at: Timestamp,
  })
  .meta({ id: 'FeatureService' })
export type FeatureService = z.infer<typeof FeatureService>

/** Which features are asked for: of a service, or as view:feature and view (all of it). */
export const FeatureSelection = {
  service: z.string().max(100).optional().meta({ description: 'As churn, or churn@2 for a version' }),
  features: z.array(z.string().min(1).max(600)).min(1).max(5000).optional().meta({ description: 'As usage_30d:hours' }),
}

const KeyValue = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** A training set: for each row of the entity table the features as they were at its moment. */
export const HistoricalRequest = z
  .strictObject({
    ...FeatureSelection,
    entities: z
      .strictObject({
        snapshot: z.string().min(1).max(300).meta({ description: 'A snapshot by its id, or as labels@latest' }),
        time: ColumnName.optional().meta({ description: 'The time column of its data set by default' }),
        columns: z.array(ColumnName).max(2000).optional().meta({ description: 'What is kept of it; all by default' }),
      })
      .optional()
      .meta({ description: 'The rows that get features; without it every moment of the first view within the range' }),
    start: Timestamp.optional(),
    end: Timestamp.optional(),
    as_known: z.boolean().default(false).meta({ description: 'Only what was known then: created no later' }),
    full_names: z.boolean().default(false).meta({ description: 'Columns are named view__feature' }),
    ages: z.boolean().default(false).meta({ description: 'Also the age in seconds of each view, as view__age' }),
    into: Slug.meta({ description: 'Data set that the result becomes a snapshot of' }),
    reason: z.string().max(500).default(''),
  })
  .meta({ id: 'HistoricalRequest' })
export type HistoricalRequest = z.infer<typeof HistoricalRequest>
export type HistoricalRequestInput = z.input<typeof HistoricalRequest>

export const MaterializeRequest = z
  .strictObject({
    views: z.array(Slug).min(1).max(1000).optional().meta({ description: 'All that are online by default' }),
    full: z.boolean().default(false).meta({ description: 'Everything again, not only what is new' }),
    start: Timestamp.optional(),
    end: Timestamp.optional().meta({ description: 'Now by default' }),
    reason: z.string().max(500).default(''),
  })
  .meta({ id: 'MaterializeRequest' })
export type MaterializeRequest = z.infer<typeof MaterializeRequest>

export const FeatureStatus = z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'])
export type FeatureStatus = z.infer<typeof FeatureStatus>

export const OnlineRequest = z
  .strictObject({
    ...FeatureSelection,
    keys: z.array(z.record(z.string(), KeyValue)).min(1).max(1000).meta({ description: 'One for each row' }),
    at: Timestamp.optional().meta({ description: 'As if it were then, for ages and windows; now by default' }),
  })
  .meta({ id: 'OnlineRequest' })
export type OnlineRequest = z.infer<typeof OnlineRequest>

/** Rows in the order of the keys; each feature with how it was found. */
export const OnlineReply = z
  .object({
    features: z.array(z.object({ name: z.string(), view: z.string(), version: z.number().int() })),
    rows: z.array(
      z.object({
        keys: z.record(z.string(), KeyValue),
        values: z.array(Json),
        statuses: z.array(FeatureStatus),
        event_times: z.array(Timestamp.nullable()),
        age_seconds: z.array(z.number().nullable()),
      }),
    ),
  })
  .meta({ id: 'OnlineReply' })
export type OnlineReply = z.infer<typeof OnlineReply>

export const FeaturesAtRequest = z
  .strictObject({
    ...FeatureSelection,
    keys: z.array(z.record(z.string(), KeyValue)).min(1).max(100).meta({ description: 'One for each row' }),
    at: Timestamp.meta({ description: 'The moment; nothing later counts' }),
  })
  .meta({ id: 'FeaturesAtRequest' })
export type FeaturesAtRequest = z.infer<typeof FeaturesAtRequest>

/** As the online store would have answered then, had it had the data of today. */
export const FeaturesAtReply = OnlineReply.extend({
  not_computed: z.array(z.string()).meta({
    description: 'Features that code of the project derives: null here, known online and in training sets',
  }),
}).meta({ id: 'FeaturesAtReply' })
export type FeaturesAtReply = z.infer<typeof FeaturesAtReply>

export const PushRequest = z
  .strictObject({
    rows: z.array(z.record(z.string(), KeyValue)).min(1).max(10_000),
    to: z.enum(['online', 'offline', 'both']).default('online').meta({
      description:
        'Offline the rows come after those of the data set of the view, as a new snapshot, and stay when its source is read again',
    }),
  })
  .meta({ id: 'PushRequest' })
export type PushRequest = z.infer<typeof PushRequest>

export const PushReply = z
  .object({
    written: z.number().int(),
    older: z.number().int().meta({ description: 'Rows that were older than what is there, and left it as it is' }),
    appended: z.number().int().optional().meta({ description: 'Rows that the data set did not have from a push yet' }),
    snapshot_id: z.string().optional().meta({ description: 'The newest snapshot of the data set, with the rows' }),
  })
  .meta({ id: 'PushReply' })
export type PushReply = z.infer<typeof PushReply>

export const Materialization = z
  .object({
    id: z.string(),
    project: z.string(),
    view: z.string(),
    version: z.number().int(),
    state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
    mode: z.enum(['full', 'incremental']),
    from: Timestamp.optional(),
    until: Timestamp,
    keys_written: z.number().int(),
    keys_older: z.number().int(),
    snapshot_id: z.string().optional(),
    job_id: z.string(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    started_at: Timestamp,
    ended_at: Timestamp.optional(),
  })
  .meta({ id: 'Materialization' })
export type Materialization = z.infer<typeof Materialization>

/** What a sample of keys says online and offline. */
export const ConsistencyCheck = z
  .object({
    id: z.string(),
    project: z.string(),
    view: z.string(),
    version: z.number().int(),
    keys: z.number().int(),
    values: z.number().int(),
    mismatches: z.number().int(),
    examples: z.array(
      z.object({ keys: z.record(z.string(), KeyValue), feature: z.string(), online: Json, offline: Json }),
    ),
    checked_at: Timestamp,
  })
  .meta({ id: 'ConsistencyCheck' })
export type ConsistencyCheck = z.infer<typeof ConsistencyCheck>

/** How the values of one feature are spread among the keys that were looked at. */
export const FeatureDistribution = z.object({
  name: z.string(),
  nulls: z.number().int(),
  null_rate: z.number().meta({ description: 'Share of nulls among the keys that were looked at; 0 without keys' }),
  distinct: z.number().int(),
  numbers: z
    .object({
      finite: z.number().int(),
      min: z.number(),
      max: z.number(),
      mean: z.number(),
      std: z.number().meta({ description: 'Of the whole population' }),
      quantiles: z.array(z.number()).length(5).meta({ description: '5, 25, 50, 75 and 95 percent' }),
    })
    .optional()
    .meta({ description: 'Of the finite numbers, where there are any' }),
  histogram: z
    .object({ edges: z.array(z.number()), counts: z.array(z.number().int()) })
    .optional()
    .meta({ description: 'Finite numbers between edges of equal distance; one more edge than counts' }),
  top: z
    .array(z.object({ value: z.string(), count: z.number().int() }))
    .optional()
    .meta({ description: 'The most frequent values of what is no number' }),
})
export type FeatureDistribution = z.infer<typeof FeatureDistribution>

/** What a view held when it was materialised. */
export const FeatureStatistics = z
  .object({
    materialization_id: z.string(),
    project: z.string(),
    view: z.string(),
    version: z.number().int(),
    until: Timestamp,
    rows: z.number().int().meta({ description: 'Rows of its source up to then' }),
    keys: z.number().int().meta({ description: 'Keys that have values' }),
    looked_at: z.number().int().meta({ description: 'Keys that the figures are of: the same ones each time' }),
    too_old: z.number().int().meta({ description: 'Of those the keys beyond the time-to-live' }),
    newest_event: Timestamp.optional(),
    features: z.array(FeatureDistribution),
    recorded_at: Timestamp,
  })
  .meta({ id: 'FeatureStatistics' })
export type FeatureStatistics = z.infer<typeof FeatureStatistics>

export const FeatureListQuery = PageQuery
