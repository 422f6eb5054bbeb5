import { RunStatus } from '@fabrique/contract'
import { z } from 'zod'

/** int8 of the database, as a double: whole numbers beyond 2^53 are the nearest that a double has. */
export const Int64 = z.custom<number>(
  (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63,
  'must be a 64-bit integer',
)
/** Any double, NaN and the infinities too. */
export const Double = z.custom<number>((value) => typeof value === 'number', 'must be a number')

export const Tag = z.object({ key: z.string(), value: z.string() })
export const MetricPoint = z.object({ key: z.string(), value: Double, timestamp: Int64, step: Int64.default(0) })
export type MetricPoint = z.output<typeof MetricPoint>

export const RunId = z.object({ run_id: z.string() })
export const ExperimentId = z.object({ experiment_id: z.string() })
export const ViewType = z.enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'])
export type ViewType = z.output<typeof ViewType>

export const CreateExperiment = z.object({
  name: z.string(),
  artifact_location: z.string().optional(),
  tags: z.array(Tag).default([]),
})

export const CreateRun = z.object({
  experiment_id: z.string().default('0'),
  /** Chosen by the caller, so that the same creation again gives the same run. */
  run_id: z.string().optional(),
  run_name: z.string().optional(),
  user_id: z.string().default(''),
  start_time: Int64.default(0),
  tags: z.array(Tag).default([]),
})

export const UpdateRun = RunId.extend({
  status: RunStatus.optional(),
  end_time: Int64.optional(),
  run_name: z.string().optional(),
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
        name: z.string(),
        digest: z.string(),
        source_type: z.string(),
        source: z.string(),
        schema: z.string().optional(),
        profile: z.string().optional(),
      }),
      tags: z.array(Tag).default([]),
    }),
  ),
})
export type LogInputs = z.output<typeof LogInputs>

export const SearchRuns = z.object({
  experiment_ids: z.array(z.string()),
  filter: z.string().default(''),
  run_view_type: ViewType.default('ACTIVE_ONLY'),
  max_results: z.number().int().default(1000),
  order_by: z.array(z.string()).default([]),
  page_token: z.string().optional(),
})

export const SearchExperiments = z.object({
  filter: z.string().default(''),
  view_type: ViewType.default('ACTIVE_ONLY'),
  max_results: z.number().int(),
  order_by: z.array(z.string()).default([]),
  page_token: z.string().optional(),
})
