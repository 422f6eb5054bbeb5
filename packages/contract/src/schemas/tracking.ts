import { z } from 'zod'
import { PageQuery, pageOf, Timestamp } from './common.js'
import { MetricValue, Run } from './run.js'

export const LifecycleView = z.enum(['active', 'deleted', 'all'])
export type LifecycleView = z.infer<typeof LifecycleView>

/** A named collection of runs; a project has the experiment of its name. */
export const Experiment = z
  .object({
    id: z.string(),
    name: z.string(),
    is_deleted: z.boolean(),
    artifact_location: z.string(),
    created_at: Timestamp,
    updated_at: Timestamp,
    tags: z.record(z.string(), z.string()),
    run_count: z.number().int().meta({ description: 'Runs that are not deleted' }),
    last_run_at: Timestamp.optional(),
  })
  .meta({ id: 'Experiment' })
export type Experiment = z.infer<typeof Experiment>

/** What an experiment occupies. Counts include deleted runs that were not purged. */
export const ExperimentStorage = z
  .object({
    experiment_id: z.string(),
    run_count: z.number().int(),
    deleted_run_count: z.number().int(),
    metric_points: z.number().int(),
    artifact_count: z.number().int(),
    artifact_bytes: z.number().int().meta({ description: 'Sum of the sizes of its artifacts' }),
    deleted_artifact_bytes: z.number().int().meta({ description: 'Of these, in deleted runs and models' }),
  })
  .meta({ id: 'ExperimentStorage' })
export type ExperimentStorage = z.infer<typeof ExperimentStorage>

/** Which parameters, metrics or tags a search sends with each run: all, none, or those named. */
export const FieldChoice = z.union([z.enum(['all', 'none']), z.array(z.string()).max(500)])

const RunFilter = z.object({
  experiment_ids: z.array(z.string()).max(1000).optional().meta({ description: 'All experiments where absent' }),
  filter: z
    .string()
    .max(10_000)
    .default('')
    .meta({ description: "As metrics.accuracy > 0.9 and (params.depth = '3' or not tags.old is not null)" }),
  view: LifecycleView.default('active'),
})

export const SearchRunsRequest = RunFilter.extend({
  order_by: z
    .array(z.string().max(600))
    .max(10)
    .default([])
    .meta({ description: 'As max(metrics.accuracy) DESC; newest first where empty' }),
  limit: z.number().int().min(1).max(1000).default(100),
  page_token: z.string().optional(),
  params: FieldChoice.default('all'),
  metrics: FieldChoice.default('all'),
  tags: FieldChoice.default('all'),
  with_total: z.boolean().default(false).meta({ description: 'Count the runs that match' }),
  with_position: z.boolean().default(false).meta({ description: 'Tell from where the stream of runs goes on' }),
}).meta({ id: 'SearchRunsRequest' })
export type SearchRunsRequest = z.infer<typeof SearchRunsRequest>

export const SearchRunsReply = z
  .object({
    items: z.array(Run),
    next_page_token: z.string().optional(),
    total: z.number().int().optional(),
    position: z
      .string()
      .optional()
      .meta({ description: 'The stream of runs misses nothing that this answer does not hold when it starts here' }),
  })
  .meta({ id: 'SearchRunsReply' })
export type SearchRunsReply = z.infer<typeof SearchRunsReply>

export const CountRunsRequest = RunFilter.meta({ id: 'CountRunsRequest' })

/** A key that runs of an experiment have. */
export const RunColumn = z
  .object({
    kind: z.enum(['param', 'metric', 'tag']),
    key: z.string(),
    run_count: z.number().int().meta({ description: 'Active runs that have it' }),
    distinct_count: z.number().int().meta({ description: 'Different values, counted up to 1000' }),
    values: z.array(z.string()).meta({ description: 'For parameters and tags: the most frequent values, at most 20' }),
    min: MetricValue.optional(),
    max: MetricValue.optional(),
  })
  .meta({ id: 'RunColumn' })
export type RunColumn = z.infer<typeof RunColumn>

export const GroupRunsRequest = RunFilter.extend({
  by: z.array(z.string()).min(1).max(3).meta({ description: 'Columns, as params.depth or tags.team or status' }),
  metrics: z.array(z.string()).max(20).default([]),
}).meta({ id: 'GroupRunsRequest' })
export type GroupRunsRequest = z.infer<typeof GroupRunsRequest>

export const RunGroup = z
  .object({
    values: z.array(z.string().nullable()).meta({ description: 'The value of each column; null where runs lack it' }),
    run_count: z.number().int(),
    metrics: z
      .record(
        z.string(),
        z.object({
          count: z.number().int(),
          mean: z.number(),
          std: z.number().optional(),
          min: z.number(),
          max: z.number(),
        }),
      )
      .meta({
        description:
          'Over the latest values of the runs that have the metric; std is of the sample, absent for one run',
      }),
  })
  .meta({ id: 'RunGroup' })
export type RunGroup = z.infer<typeof RunGroup>

export const MetricSeriesRequest = z
  .object({
    run_ids: z.array(z.string()).min(1).max(100),
    keys: z.array(z.string()).min(1).max(50),
    points: z
      .number()
      .int()
      .min(2)
      .max(10_000)
      .default(1000)
      .meta({ description: 'Points of each series at most; the smallest and largest of each part are kept' }),
    min_step: z.number().optional(),
    max_step: z.number().optional(),
  })
  .meta({ id: 'MetricSeriesRequest' })
export type MetricSeriesRequest = z.infer<typeof MetricSeriesRequest>

export const MetricSeries = z
  .object({
    run_id: z.string(),
    key: z.string(),
    total: z.number().int().meta({ description: 'Points in the asked range before reduction' }),
    steps: z.array(z.number()),
    timestamps_ms: z.array(z.number()),
    values: z.array(MetricValue),
  })
  .meta({ id: 'MetricSeries' })
export type MetricSeries = z.infer<typeof MetricSeries>

/** A message of the stream of runs: the run as it is now, or the newest values of its metrics. */
export const RunStreamMessage = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('run'), run: Run }),
    z.object({
      kind: z.literal('metrics'),
      run_id: z.string(),
      metrics: z.record(
        z.string(),
        z.object({ value: MetricValue, step: z.number(), timestamp_ms: z.number(), count: z.number().int() }),
      ),
    }),
  ])
  .meta({ id: 'RunStreamMessage' })
export type RunStreamMessage = z.infer<typeof RunStreamMessage>

/** A view of the runs of an experiment that people saved: the query part of the address of the page. */
export const SavedView = z
  .object({ name: z.string(), query: z.string(), saved_at: Timestamp, saved_by: z.string() })
  .meta({ id: 'SavedView' })
export type SavedView = z.infer<typeof SavedView>

export const TrashKind = z.enum(['experiment', 'run', 'logged_model'])
export type TrashKind = z.infer<typeof TrashKind>

/** A deleted thing that can be brought back, until it is purged. */
export const TrashItem = z
  .object({
    kind: TrashKind,
    id: z.string(),
    name: z.string(),
    experiment_id: z.string(),
    experiment: z.string(),
    deleted_at: Timestamp,
    run_count: z.number().int().optional().meta({ description: 'For an experiment: the runs it takes with it' }),
    artifact_bytes: z.number().int(),
  })
  .meta({ id: 'TrashItem' })
export type TrashItem = z.infer<typeof TrashItem>

export const TrashQuery = PageQuery.extend({ kind: TrashKind.optional() })
export const TrashPage = pageOf('TrashItem', TrashItem)

export const TrashSelection = z.object({
  items: z
    .array(z.object({ kind: TrashKind, id: z.string() }))
    .min(1)
    .max(1000),
})
export const PurgeRequest = z
  .object({
    items: z
      .array(z.object({ kind: TrashKind, id: z.string() }))
      .max(1000)
      .optional(),
    older_than_days: z
      .number()
      .min(0)
      .max(36_500)
      .optional()
      .meta({ description: 'Everything deleted longer ago, where no items are named' }),
  })
  .meta({ id: 'PurgeRequest' })
export const PurgeReply = z
  .object({
    experiments: z.number().int(),
    runs: z.number().int(),
    logged_models: z.number().int(),
    artifacts: z.number().int(),
    bytes_freed: z.number().int().meta({ description: 'Of files that nothing else holds' }),
    kept: z.number().int().meta({ description: 'Not erased, because versions of registered models need their files' }),
  })
  .meta({ id: 'PurgeReply' })
export type PurgeReply = z.infer<typeof PurgeReply>
