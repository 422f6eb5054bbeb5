import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { checkedExperimentId } from './checks.js'
import { datasetContextTag } from './model.js'
import { Text } from './schema.js'

/** A data set as the pages of MLflow list it: once for each context that runs used it in. */
export interface DatasetSummary {
  readonly experiment_id: string
  readonly name: string
  readonly digest: string
  readonly context?: string
}

interface SummaryRow extends Omit<DatasetSummary, 'context'> {
  readonly context: string | null
}

/** The data sets that active runs of some experiments used, by name and digest. Throws `mlflow_invalid_value`. */
export const searchDatasets = readVerb({
  name: 'tracking.search_datasets',
  permission: 'runs.read',
  input: z.object({ experiment_ids: z.array(Text) }),
  async run({ ctx, input }): Promise<readonly DatasetSummary[]> {
    const { length } = input.experiment_ids
    const max = limit('mlflow.dataset_experiments_max')
    if (length === 0) throw refused(length, 'SearchDatasets request must specify at least one experiment_id.')
    if (length > max) throw refused(length, `SearchDatasets request cannot specify more than ${max} experiment_ids.`)
    const ids = input.experiment_ids.map((id, index) => checkedExperimentId(id, `experiment_ids[${index}]`))
    const { rows } = await sql<SummaryRow>`
      select distinct d.experiment_id::text as experiment_id, d.name collate "C" as name, d.digest collate "C" as digest,
        i.tags ->> ${datasetContextTag}::text collate "C" as context
      from tracked_datasets d
      join run_inputs i on i.dataset_id = d.id
      join runs r on r.id = i.run_id and r.lifecycle_stage = 'active'
      where d.experiment_id = any(${ids}::bigint[])
      order by name, digest, context, experiment_id limit ${limit('mlflow.dataset_summaries_max')}
    `.execute(ctx.db)
    return rows.map(({ context, ...summary }) => (context === null ? summary : { ...summary, context }))
  },
})

const refused = (count: number, reason: string) => invalidValue('experiment_ids', count, reason)
