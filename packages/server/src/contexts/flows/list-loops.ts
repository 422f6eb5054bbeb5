import {
  type Endpoint,
  isFabriqueError,
  type Language,
  type Loop,
  type LoopRun,
  type ModelDefinition,
  type Project,
  type StageState,
  sourceLocation,
  type ValidationSummary,
} from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { datasetOf, getProject } from '../projects/index.js'
import { championAlias, getAlias } from '../registry/index.js'
import { getRun } from '../tracking/index.js'
import { scriptLineTag } from '../training/index.js'
import { newestValidations } from '../validation/index.js'
import { datasetsOfLoop } from './loop-features.js'
import { newestLoopRun } from './store.js'

const order = ['source', 'snapshot', 'checks', 'run', 'model'] as const
type Stage = (typeof order)[number]

/** The state of a stage, from how far the newest flow run is. */
export function stageState(stage: Stage, run: Pick<LoopRun, 'state' | 'stage'> | undefined): StageState {
  if (run === undefined || run.state === 'queued') return 'waiting'
  if (run.state === 'succeeded' || run.stage === 'endpoint') return 'done'
  const distance = order.indexOf(stage) - order.indexOf(run.stage)
  if (distance < 0) return 'done'
  if (distance === 0) return run.state
  return run.state === 'failed' ? 'skipped' : 'waiting'
}

/** The loop of each model of a project. `endpoints` are those of the process that answers. */
export const listLoops = readVerb({
  name: 'flows.list_loops',
  permission: 'flows.read',
  input: z.object({
    project: z.string(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr'),
    endpoints: z.custom<readonly Endpoint[]>(Array.isArray),
  }),
  async run({ ctx, input }): Promise<readonly Loop[]> {
    const project = await getProject({ ctx, input: { project: input.project } })
    const loops: Loop[] = []
    for (const model of project.definition.models) {
      const run = await newestLoopRun(ctx, { project: project.name, model: model.name }, input.language)
      const endpoint = input.endpoints.find((candidate) => candidate.model === model.name)
      loops.push(await describeLoop(ctx, project, model, run, endpoint))
    }
    return loops
  },
})

async function describeLoop(
  ctx: VerbContext,
  project: Project,
  model: ModelDefinition,
  run: LoopRun | undefined,
  endpoint: Endpoint | undefined,
): Promise<Loop> {
  const stage = (name: Stage) => {
    const state = stageState(name, run)
    return state === 'failed' && run?.error !== undefined ? { state, error: run.error } : { state }
  }
  const { source } = datasetOf(project, model.dataset)
  const [, ...others] = datasetsOfLoop(project, model)
  const data = await dataFacts(ctx, run)
  return {
    project: project.name,
    model: model.name,
    dataset: model.dataset,
    ...(run === undefined ? {} : { flow_run: run }),
    stages: {
      source: {
        ...stage('source'),
        kind: source.kind,
        location: sourceLocation(source),
        ...data.source,
        ...(others.length === 0 ? {} : { others }),
      },
      snapshot: { ...stage('snapshot'), ...data.snapshot },
      checks: { ...stage('checks'), ...data.checks },
      run: {
        ...stage('run'),
        ...(await runFacts(ctx, run)),
        ...(model.promote_metric === undefined ? {} : { promote_metric: model.promote_metric }),
      },
      model: { ...stage('model'), name: model.name, ...(await modelFacts(ctx, model.name, run)) },
      endpoint: endpointStage(model.name, run, endpoint),
    },
  }
}

async function dataFacts(ctx: VerbContext, run: LoopRun | undefined) {
  const id = run?.result.snapshot_id
  if (id === undefined) return { source: {}, snapshot: {}, checks: {} }
  const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
  const validations: ValidationSummary[] = []
  for (const one of run?.result.snapshots ?? [id]) {
    validations.push(...(await newestValidations({ ctx, input: { snapshot: one } })))
  }
  const told = validations.find(({ failed }) => failed > 0) ?? validations[0]
  const sum = (count: 'evaluated' | 'failed') => validations.reduce((all, validation) => all + validation[count], 0)
  return {
    source: { bytes: snapshot.source.bytes },
    snapshot: {
      id,
      rows: snapshot.row_count,
      columns: snapshot.columns.length,
      bytes: snapshot.bytes,
      content_hash: snapshot.content_hash,
      created_at: snapshot.created_at,
    },
    checks: told === undefined ? {} : { id: told.id, evaluated: sum('evaluated'), failed: sum('failed') },
  }
}

async function runFacts(ctx: VerbContext, run: LoopRun | undefined) {
  const id = run?.result.run_id
  const { feature_service } = run?.result ?? {}
  const service = feature_service === undefined ? {} : { feature_service }
  if (id === undefined) return service
  // The id is chosen before the run is made, so that a training that is run again goes on in the same run.
  const found = await getRun({ ctx, input: { run_id: id } }).catch((error: unknown) => {
    if (isFabriqueError(error) && error.code === 'run_not_found') return undefined
    throw error
  })
  if (found === undefined) return service
  const { info, data } = found
  const line = data.tags.find(({ key }) => key === scriptLineTag)?.value
  return {
    id,
    ...service,
    name: info.run_name,
    ...(line === undefined ? {} : { line }),
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, value])),
    ...(info.end_time === undefined ? {} : { duration_ms: info.end_time - info.start_time }),
  }
}

async function modelFacts(ctx: VerbContext, model: string, run: LoopRun | undefined) {
  const version = run?.result.version
  if (version === undefined) return {}
  const champion = await getAlias({ ctx, input: { model, alias: championAlias } })
  return { version, ...(String(champion?.version) === version ? { alias: championAlias } : {}) }
}

function endpointStage(
  model: string,
  run: LoopRun | undefined,
  endpoint: Endpoint | undefined,
): Loop['stages']['endpoint'] {
  const path = endpoint?.path ?? `/api/v1/models/${model}/predict`
  if (endpoint === undefined) {
    const state = run?.state === 'failed' ? 'skipped' : run?.state === 'succeeded' ? 'running' : 'waiting'
    return { state, path }
  }
  return {
    state: endpoint.state === 'failed' ? 'failed' : endpoint.state === 'loading' ? 'running' : 'done',
    ...(endpoint.error === undefined
      ? {}
      : { error: { code: 'model_not_served', params: {}, message: endpoint.error, hint: '' } }),
    path,
    version: endpoint.version,
    request_count: endpoint.request_count,
    ...(endpoint.latency_p50_ms === undefined ? {} : { latency_p50_ms: endpoint.latency_p50_ms }),
  }
}
