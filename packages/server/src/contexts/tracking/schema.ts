import { LifecycleView, RunStatus } from '@fabrique/contract'
import { z } from 'zod'

/** The database cannot hold NUL in a text. */
export const Text = z.string().refine((text) => !text.includes('\0'), 'must not contain NUL')

function isInt64(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63
}

/** int8 of the database, as a double: whole numbers beyond 2^53 are the nearest that a double has. */
export const Int64 = z.custom<number>(isInt64, 'must be a 64-bit integer')
/** Any double, NaN and the infinities too. */
export const Double = z.custom<number>((value) => typeof value === 'number', 'must be a number')

export const Tag = z.object({ key: Text, value: Text })
/** A point of a metric; one with a `model_id` also belongs to that logged model, measured on a data set where one is named. */
export const MetricPoint = z.object({
  key: Text,
  value: Double,
  timestamp: Int64,
  step: Int64.default(0),
  model_id: Text.optional(),
  dataset_name: Text.optional(),
  dataset_digest: Text.optional(),
})
export type MetricPoint = z.output<typeof MetricPoint>

const isPlainPoint = (point: unknown): point is MetricPoint =>
  typeof point === 'object' &&
  point !== null &&
  'key' in point &&
  'value' in point &&
  'timestamp' in point &&
  'step' in point &&
  typeof point.key === 'string' &&
  !point.key.includes('\0') &&
  typeof point.value === 'number' &&
  isInt64(point.timestamp) &&
  isInt64(point.step) &&
  !('model_id' in point)

/** A list of points. Those of a batch come by the thousand: the usual form is looked at without making each again. */
export const MetricPoints = z
  .custom<readonly z.input<typeof MetricPoint>[]>(Array.isArray, 'must be a list')
  .transform((points, context): readonly MetricPoint[] =>
    points.map((point, index) => {
      if (isPlainPoint(point)) return point
      const parsed = MetricPoint.safeParse(point)
      if (parsed.success) return parsed.data
      for (const { path, message } of parsed.error.issues) {
        context.addIssue({ code: 'custom', path: [index, ...path], message })
      }
      return z.NEVER
    }),
  )

export const RunId = z.object({ run_id: Text })
export const ExperimentId = z.object({ experiment_id: Text })
export const ViewType = z.enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'])
export type ViewType = z.output<typeof ViewType>

export const CreateExperiment = z.object({
  name: Text,
  artifact_location: Text.optional(),
  tags: z.array(Tag).default([]),
})

export const CreateRun = z.object({
  experiment_id: Text.default('0'),
  /** Chosen by the caller, so that the same creation again gives the same run. */
  run_id: Text.optional(),
  run_name: Text.optional(),
  user_id: Text.default(''),
  start_time: Int64.default(0),
  tags: z.array(Tag).default([]),
})

export const UpdateRun = RunId.extend({
  status: RunStatus.optional(),
  end_time: Int64.optional(),
  run_name: Text.optional(),
})

export const LogBatch = RunId.extend({
  metrics: MetricPoints.default([]),
  params: z.array(Tag).default([]),
  tags: z.array(Tag).default([]),
})

export const LogInputs = RunId.extend({
  datasets: z.array(
    z.object({
      dataset: z.object({
        name: Text,
        digest: Text,
        source_type: Text,
        source: Text,
        schema: Text.optional(),
        profile: Text.optional(),
      }),
      tags: z.array(Tag).default([]),
    }),
  ),
  models: z.array(z.object({ model_id: Text })).default([]),
})
export type LogInputs = z.output<typeof LogInputs>

export const SearchRuns = z.object({
  experiment_ids: z.array(Text),
  filter: Text.default(''),
  run_view_type: ViewType.default('ACTIVE_ONLY'),
  max_results: z.number().int().default(1000),
  order_by: z.array(Text).default([]),
  page_token: Text.optional(),
})

/** Which runs are meant, whatever their order; all experiments where none are named. */
export const RunSelection = z.object({
  experiment_ids: z.array(Text).optional(),
  filter: Text.default(''),
  view: LifecycleView.default('active'),
})
export type RunSelection = z.output<typeof RunSelection>

/** The words of our own API and those of the protocol for the same thing. */
export const viewTypes: Readonly<Record<LifecycleView, ViewType>> = {
  active: 'ACTIVE_ONLY',
  deleted: 'DELETED_ONLY',
  all: 'ALL',
}

export const SearchExperiments = z.object({
  filter: Text.default(''),
  view_type: ViewType.default('ACTIVE_ONLY'),
  max_results: z.number().int(),
  order_by: z.array(Text).default([]),
  page_token: Text.optional(),
})
