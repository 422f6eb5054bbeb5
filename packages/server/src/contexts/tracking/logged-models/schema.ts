import { z } from 'zod'
import { Int64, RunId, Tag, Text } from '../schema.js'
import { loggedModelStatuses } from './model.js'

export const ModelId = z.object({ model_id: Text })

export const CreateLoggedModel = z.object({
  experiment_id: Text,
  name: Text.optional(),
  model_type: Text.default(''),
  source_run_id: Text.default(''),
  params: z.array(Tag).default([]),
  tags: z.array(Tag).default([]),
})

export const LogModelParams = ModelId.extend({ params: z.array(Tag) })
export const SetModelTags = ModelId.extend({ tags: z.array(Tag) })
export const DeleteModelTag = ModelId.extend({ key: Text })
export const FinalizeLoggedModel = ModelId.extend({ status: z.enum(loggedModelStatuses) })
export const LogOutputs = RunId.extend({ models: z.array(ModelId.extend({ step: Int64.default(0) })).min(1) })

const DatasetFilter = z.object({ dataset_name: Text.min(1), dataset_digest: Text.optional() })
const OrderBy = z.object({
  field_name: Text,
  ascending: z.boolean().default(true),
  dataset_name: Text.optional(),
  dataset_digest: Text.optional(),
})
export type DatasetFilter = z.output<typeof DatasetFilter>
export type OrderBy = z.output<typeof OrderBy>

export const SearchLoggedModels = z.object({
  experiment_ids: z.array(Text).min(1),
  filter: Text.default(''),
  /** Metric comparisons look at points of these data sets only; without any, models with points of them are found. */
  datasets: z.array(DatasetFilter).max(100).default([]),
  max_results: z.number().int().default(50),
  order_by: z.array(OrderBy).max(100).default([]),
  page_token: Text.optional(),
})
export type SearchLoggedModels = z.output<typeof SearchLoggedModels>
