import type { FastifyInstance } from 'fastify'
import {
  defineMlflowEndpoints,
  invalidValue,
  type MlflowCall,
  type MlflowMountOptions,
  type MlflowParams,
  missingValue,
  mountMlflowEndpoints,
  parseMlflowBody,
  unlessEmpty,
} from '../../platform/mlflow/index.js'
import {
  addDatasetToExperiments,
  createEvaluationDataset,
  deleteEvaluationDataset,
  deleteEvaluationDatasetTag,
  getEvaluationDataset,
  removeDatasetFromExperiments,
  setEvaluationDatasetTags,
} from './change-dataset.js'
import { deleteDatasetRecords, getDatasetRecords, upsertDatasetRecords } from './change-records.js'
import type { EvaluationDataset, NewRecord, RecordRow } from './model.js'
import { searchEvaluationDatasets } from './search-datasets.js'

const versions = ['3.0'] as const

/** A data set as the protocol sends it: what is structured is JSON in a text. */
function wireDataset(dataset: EvaluationDataset) {
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    tags: JSON.stringify(dataset.tags),
    schema: dataset.schema === null ? undefined : JSON.stringify(dataset.schema),
    profile: dataset.record_count === 0 ? undefined : JSON.stringify({ num_records: dataset.record_count }),
    digest: dataset.digest,
    created_time: dataset.created_ms,
    last_update_time: dataset.updated_ms,
    created_by: dataset.created_by ?? undefined,
    last_updated_by: dataset.updated_by ?? undefined,
    experiment_ids: unlessEmpty(dataset.experiment_ids),
  }
}

/** JSON of a record; its members are JSON already. */
function recordText(datasetId: string, row: RecordRow): string {
  const plain = {
    dataset_record_id: row.id,
    dataset_id: datasetId,
    source_id: row.source_id ?? undefined,
    source_type: row.source_type ?? undefined,
    created_time: row.created_ms,
    last_update_time: row.updated_ms,
    created_by: row.created_by ?? undefined,
    last_updated_by: row.updated_by ?? undefined,
  }
  const { inputs, outputs, expectations, tags, source } = row
  const members = Object.entries({ inputs, outputs, expectations, tags: tags ?? '{}', source }).flatMap(
    ([key, text]) => (text === null ? [] : [`"${key}":${text}`]),
  )
  return `{${members.join(',')},${JSON.stringify(plain).slice(1)}`
}

const idOf = (params: MlflowParams) => params.requiredText('dataset_id')

/** The value in a text of JSON. Python writes NaN into it: that becomes the text NaN, as everywhere in the protocol. */
function jsonOf(params: MlflowParams, name: string): unknown {
  const text = params.requiredText(name)
  try {
    return parseMlflowBody(`{"value":${text}}`).value
  } catch {
    throw invalidValue(params.pathOf(name), text, 'must be JSON')
  }
}

/** Tags in a text of JSON; values that are no texts become them, as Python does. */
function tagsOf(params: MlflowParams): Record<string, string | null> {
  const tags = jsonOf(params, 'tags')
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) {
    throw invalidValue(params.pathOf('tags'), tags, 'must be a JSON object')
  }
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]: [string, unknown]) => [
      key,
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

/** Records in a text of JSON; the verb checks each. */
function recordsOf(params: MlflowParams): NewRecord[] {
  const records = jsonOf(params, 'records')
  if (!Array.isArray(records)) throw invalidValue(params.pathOf('records'), typeof records, 'must be a JSON list')
  return records
}

async function search({ ctx, params }: MlflowCall) {
  const found = await searchEvaluationDatasets({
    ctx,
    input: {
      experiment_ids: [...params.texts('experiment_ids')],
      filter: params.text('filter_string') ?? params.text('filter'),
      max_results: params.integer('max_results') || undefined,
      order_by: [...params.texts('order_by')],
      page_token: params.text('page_token'),
    },
  })
  return { datasets: unlessEmpty(found.datasets.map(wireDataset)), next_page_token: found.next_page_token }
}

function experimentsOf(params: MlflowParams) {
  const experiment_ids = [...params.texts('experiment_ids')]
  if (experiment_ids.length === 0) throw missingValue('experiment_ids')
  return { dataset_id: idOf(params), experiment_ids }
}

export const evaluationEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'datasets/create',
    versions,
    handle: async ({ ctx, params }) => {
      const input = {
        name: params.requiredText('name'),
        tags: (params.text('tags') ?? '') === '' ? {} : tagsOf(params),
        experiment_ids: [...params.texts('experiment_ids')],
      }
      return { dataset: wireDataset(await createEvaluationDataset({ ctx, input })) }
    },
  },
  { method: 'POST', path: 'datasets/search', versions, handle: search },
  { method: 'GET', path: 'datasets/search', versions, handle: search },
  {
    method: 'GET',
    path: 'datasets/:dataset_id',
    versions,
    handle: async ({ ctx, params }) => ({
      dataset: wireDataset(await getEvaluationDataset({ ctx, input: { dataset_id: idOf(params) } })),
    }),
  },
  {
    method: 'DELETE',
    path: 'datasets/:dataset_id',
    versions,
    handle: async ({ ctx, params }) => {
      await deleteEvaluationDataset({ ctx, input: { dataset_id: idOf(params) } })
      return {}
    },
  },
  {
    method: 'PATCH',
    path: 'datasets/:dataset_id/tags',
    versions,
    handle: async ({ ctx, params }) => {
      await setEvaluationDatasetTags({ ctx, input: { dataset_id: idOf(params), tags: tagsOf(params) } })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: 'datasets/:dataset_id/tags/:key',
    versions,
    handle: async ({ ctx, params }) => {
      const input = { dataset_id: idOf(params), key: params.requiredText('key') }
      await deleteEvaluationDatasetTag({ ctx, input })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'datasets/:dataset_id/records',
    versions,
    handle: async ({ ctx, params }) => {
      const input = { dataset_id: idOf(params), records: recordsOf(params) }
      const { inserted, updated } = await upsertDatasetRecords({ ctx, input })
      return { inserted_count: inserted, updated_count: updated }
    },
  },
  {
    method: 'GET',
    path: 'datasets/:dataset_id/records',
    versions,
    handle: async ({ ctx, params }) => {
      const dataset_id = idOf(params)
      const max_results = params.integer('max_results') || undefined
      const page = await getDatasetRecords({
        ctx,
        input: { dataset_id, max_results, page_token: params.text('page_token') },
      })
      return {
        records: `[${page.records.map((row) => recordText(dataset_id, row)).join(',')}]`,
        next_page_token: page.next_page_token,
      }
    },
  },
  {
    method: 'DELETE',
    path: 'datasets/:dataset_id/records',
    versions,
    handle: async ({ ctx, params }) => {
      const input = { dataset_id: idOf(params), record_ids: [...params.texts('dataset_record_ids')] }
      return { deleted_count: await deleteDatasetRecords({ ctx, input }) }
    },
  },
  {
    method: 'GET',
    path: 'datasets/:dataset_id/experiment-ids',
    versions,
    handle: async ({ ctx, params }) => {
      const { experiment_ids } = await getEvaluationDataset({ ctx, input: { dataset_id: idOf(params) } })
      return { experiment_ids: unlessEmpty(experiment_ids) }
    },
  },
  {
    method: 'POST',
    path: 'datasets/:dataset_id/add-experiments',
    versions,
    handle: async ({ ctx, params }) => ({
      dataset: wireDataset(await addDatasetToExperiments({ ctx, input: experimentsOf(params) })),
    }),
  },
  {
    method: 'POST',
    path: 'datasets/:dataset_id/remove-experiments',
    versions,
    handle: async ({ ctx, params }) => ({
      dataset: wireDataset(await removeDatasetFromExperiments({ ctx, input: experimentsOf(params) })),
    }),
  },
])

/** Mounts the evaluation data sets of the MLflow protocol. */
export function mountMlflowEvaluation(app: FastifyInstance, options: MlflowMountOptions): void {
  mountMlflowEndpoints(app, evaluationEndpoints, options)
}
