import { z } from 'zod'
import { everyItem } from './pages.js'
import type { Transport } from './transport.js'
import { LoggedModel, page, wirePairs } from './wire.js'

export interface NewLoggedModel {
  readonly experimentId: string
  readonly name: string
  readonly sourceRunId?: string
  readonly modelType?: string
  readonly params?: Readonly<Record<string, string | number | boolean>>
  readonly tags?: Readonly<Record<string, string>>
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[]
  readonly filter?: string
  /** As `{ field: 'metrics.accuracy', ascending: false }`. */
  readonly orderBy?: readonly { readonly field: string; readonly ascending?: boolean }[]
  readonly pageSize?: number
}

const api = '/api/2.0/mlflow/logged-models'
const ModelReply = z.object({ model: LoggedModel })
const ModelPage = page('models', LoggedModel)

/** Calls about logged models, which MLflow 3 keeps apart from runs. */
export function loggedModelCalls(transport: Transport) {
  const path = (modelId: string) => `${api}/${encodeURIComponent(modelId)}`
  return {
    /** A new model; it is pending until `finalize`. */
    async create(model: NewLoggedModel): Promise<LoggedModel> {
      const body = {
        experiment_id: model.experimentId,
        name: model.name,
        source_run_id: model.sourceRunId,
        model_type: model.modelType,
        params: wirePairs(model.params),
        tags: wirePairs(model.tags),
      }
      return ModelReply.parse(await transport.call({ method: 'POST', path: api, body, canRepeat: false })).model
    },
    async get(modelId: string): Promise<LoggedModel> {
      return ModelReply.parse(await transport.call({ method: 'GET', path: path(modelId) })).model
    },
    /** Says that its files are complete, or that they never will be. */
    async finalize(modelId: string, status: 'READY' | 'FAILED'): Promise<LoggedModel> {
      const body = { model_id: modelId, status: `LOGGED_MODEL_${status === 'FAILED' ? 'UPLOAD_FAILED' : status}` }
      return ModelReply.parse(await transport.call({ method: 'PATCH', path: path(modelId), body })).model
    },
    async setTags(modelId: string, tags: Readonly<Record<string, string>>): Promise<void> {
      const body = { model_id: modelId, tags: wirePairs(tags) }
      await transport.call({ method: 'PATCH', path: `${path(modelId)}/tags`, body })
    },
    async deleteTag(modelId: string, key: string): Promise<void> {
      await transport.call({ method: 'DELETE', path: `${path(modelId)}/tags/${encodeURIComponent(key)}`, body: {} })
    },
    async delete(modelId: string): Promise<void> {
      await transport.call({ method: 'DELETE', path: path(modelId), body: {} })
    },
    /** Says that a run made a model, at a step. */
    async logOutputs(runId: string, modelIds: readonly string[], step = 0): Promise<void> {
      const body = { run_id: runId, models: modelIds.map((model_id) => ({ model_id, step })) }
      await transport.call({ method: 'POST', path: '/api/2.0/mlflow/runs/outputs', body })
    },
    search: (search: LoggedModelSearch): AsyncGenerator<LoggedModel, void, undefined> =>
      everyItem(async (token) =>
        ModelPage.parse(
          await transport.call({
            method: 'POST',
            path: `${api}/search`,
            body: {
              experiment_ids: search.experimentIds,
              filter: search.filter,
              order_by: search.orderBy?.map(({ field, ascending }) => ({ field_name: field, ascending })),
              max_results: search.pageSize ?? 50,
              page_token: token,
            },
          }),
        ),
      ),
  }
}
