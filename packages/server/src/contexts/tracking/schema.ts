import { RunStatus } from '@fabrique/contract'
import { z } from 'zod'

/** The database cannot hold NUL in a text. */
export const Text = z.string().refine((text) => !text.includes('\0'), 'must not contain NUL')

/** int8 of the database, as a double: whole numbers beyond 2^53 are the nearest that a double has. */
export const Int64 = z.custom<number>(
  (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63,
  'must be a 64-bit integer',
)
/** Any double, NaN and the infinities too. */
export const Double = z.custom<number>((value) => typeof value === 'number', 'must be a number')

export const Tag = z.object({ key: Text, value: Text })
export const MetricPoint = z.object({ key: Text, value: Double, timestamp: Int64, step: Int64.default(0) })
export type MetricPoint = z.output<typeof MetricPoint>

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
  metrics: z.array(MetricPoint).default([]),
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

export const SearchExperiments = z.object({
  filter: Text.default(''),
  view_type: ViewType.default('ACTIVE_ONLY'),
  max_results: z.number().int(),
  order_by: z.array(Text).default([]),
  page_token: Text.optional(),
})
