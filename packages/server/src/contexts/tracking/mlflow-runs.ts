import { RunStatus } from '@fabrique/contract'
import {
  defineMlflowEndpoints,
  invalidValue,
  type MlflowCall,
  type MlflowParams,
  missingValue,
  unlessEmpty,
} from '../../platform/mlflow/index.js'
import { createRun } from './create-run.js'
import { deleteTag } from './delete-tag.js'
import { getRun } from './get-run.js'
import { logParam, setTag } from './log-batch.js'
import { logInputs } from './log-inputs.js'
import { logModel } from './log-model.js'
import type { DatasetInput, Run } from './model.js'
import { runPageText } from './run-texts.js'
import { searchRunTexts } from './search-runs.js'
import { deleteRun, restoreRun, updateRun } from './update-run.js'

/** A run as the protocol sends it: without its empty lists. */
function wireRun({ info, data, inputs, outputs }: Run) {
  return {
    info,
    data: { metrics: unlessEmpty(data.metrics), params: unlessEmpty(data.params), tags: unlessEmpty(data.tags) },
    inputs: {
      dataset_inputs: unlessEmpty(inputs.dataset_inputs.map(wireInput)),
      model_inputs: unlessEmpty(inputs.model_inputs),
    },
    outputs: { model_outputs: unlessEmpty(outputs.model_outputs) },
  }
}

function wireInput({ tags, dataset }: DatasetInput) {
  return { tags: unlessEmpty(tags), dataset }
}

const runIdOf = (params: MlflowParams) => params.requiredText('run_id', 'run_uuid')

const tagOf = (params: MlflowParams) => ({ key: params.requiredText('key'), value: params.text('value') ?? '' })

/** Upstream ignores a status that it does not know. */
function statusOf(params: MlflowParams): RunStatus | undefined {
  const raw = params.raw('status')
  return RunStatus.options.find((name, index) => name === raw || index + 1 === raw)
}

function inputOf(params: MlflowParams) {
  const dataset = params.object('dataset')
  if (dataset === undefined) throw missingValue(params.pathOf('dataset'))
  return {
    tags: [...params.pairs('tags')],
    dataset: {
      name: dataset.requiredText('name'),
      digest: dataset.requiredText('digest'),
      source_type: dataset.requiredText('source_type'),
      source: dataset.requiredText('source'),
      schema: dataset.text('schema'),
      profile: dataset.text('profile'),
    },
  }
}

/** Texts of a body, where only a list is one: `texts` takes the single value of a query for a list too. */
function listed(params: MlflowParams, name: string): string[] {
  const raw = params.raw(name)
  if (raw !== undefined && !Array.isArray(raw)) throw invalidValue(params.pathOf(name), raw, 'must be a list')
  return [...params.texts(name)]
}

/** An endpoint that changes something and answers with nothing. */
function change(path: string, act: (call: MlflowCall) => Promise<unknown>) {
  return {
    method: 'POST',
    path,
    handle: async (call: MlflowCall) => {
      await act(call)
      return {}
    },
  } as const
}

export const runEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'runs/create',
    handle: async ({ ctx, params }) => {
      const run = await createRun({
        ctx,
        input: {
          experiment_id: params.text('experiment_id') || undefined,
          // Ours: with an id of its own a client may create again after a lost reply. MLflow passes it by.
          run_id: params.text('run_id') || undefined,
          run_name: params.text('run_name'),
          user_id: params.text('user_id'),
          start_time: params.integer('start_time'),
          tags: [...params.pairs('tags')],
        },
      })
      return { run: wireRun(run) }
    },
  },
  {
    method: 'POST',
    path: 'runs/update',
    handle: async ({ ctx, params }) => {
      const run = await updateRun({
        ctx,
        input: {
          run_id: runIdOf(params),
          status: statusOf(params),
          end_time: params.integer('end_time'),
          run_name: params.text('run_name'),
        },
      })
      return { run_info: run.info }
    },
  },
  {
    method: 'GET',
    path: 'runs/get',
    handle: async ({ ctx, params }) => ({ run: wireRun(await getRun({ ctx, input: { run_id: runIdOf(params) } })) }),
  },
  {
    method: 'POST',
    path: 'runs/search',
    handle: async ({ ctx, params }) => {
      const found = await searchRunTexts({
        ctx,
        input: {
          experiment_ids: listed(params, 'experiment_ids'),
          filter: params.text('filter'),
          run_view_type: params.choice('run_view_type', ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']),
          max_results: params.integer('max_results'),
          order_by: listed(params, 'order_by'),
          page_token: params.text('page_token'),
        },
      })
      return runPageText(found)
    },
  },
  change('runs/delete', ({ ctx, params }) => deleteRun({ ctx, input: { run_id: runIdOf(params) } })),
  change('runs/restore', ({ ctx, params }) => restoreRun({ ctx, input: { run_id: runIdOf(params) } })),
  change('runs/log-parameter', ({ ctx, params }) =>
    logParam({ ctx, input: { run_id: runIdOf(params), ...tagOf(params) } }),
  ),
  change('runs/set-tag', ({ ctx, params }) => setTag({ ctx, input: { run_id: runIdOf(params), ...tagOf(params) } })),
  change('runs/delete-tag', ({ ctx, params }) =>
    deleteTag({ ctx, input: { run_id: runIdOf(params), key: params.requiredText('key') } }),
  ),
  change('runs/log-inputs', ({ ctx, params }) =>
    logInputs({
      ctx,
      input: {
        run_id: runIdOf(params),
        datasets: params.objects('datasets').map(inputOf),
        models: params.objects('models').map((model) => ({ model_id: model.requiredText('model_id') })),
      },
    }),
  ),
  change('runs/log-model', ({ ctx, params }) =>
    logModel({ ctx, input: { run_id: runIdOf(params), model_json: params.requiredText('model_json') } }),
  ),
])
