import {
  type ErrorCode,
  type ErrorParams,
  errorCodes,
  FabriqueError,
  type Language,
  type LoopRun,
  type RetrainDebugReply,
  type RetrainReply,
  routePath,
  routes,
} from '@fabrique/contract'
import { getLoopRun, requestLoop } from '../../contexts/flows/index.js'
import { waitForJob } from '../../contexts/jobs/index.js'
import { getRuns } from '../../contexts/tracking/index.js'
import { DebugResult, startDebugTraining } from '../../contexts/training/index.js'
import { pollUntil } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import type { ChosenModel } from './choose-model.js'

interface Retraining extends ChosenModel {
  readonly waitMs: number
  readonly language: Language
}

/** Runs the loop of a model, or joins the one that runs, and waits for it. Throws the error of a loop that failed. */
export async function retrain(ctx: VerbContext, asked: Retraining): Promise<RetrainReply> {
  const { project, model, waitMs, language } = asked
  const requested = await requestLoop({
    ctx,
    input: { project: project.name, model: model.name, reason: 'POST /retrain', language },
  })
  const run = await pollUntil(
    () => getLoopRun({ ctx, input: { flow_run: requested.id, language } }),
    ({ state }) => state === 'succeeded' || state === 'failed',
    { clock: ctx.clock, waitMs },
  )
  if (run.state === 'failed') throw failureOf(run)
  const { run_id: runId } = run.result
  return {
    status: run.state === 'succeeded' ? 'done' : 'under_way',
    project: project.name,
    model: model.name,
    flow_run_id: run.id,
    address: routePath(routes.getLoopRun, { flow_run: run.id }),
    ...run.result,
    ...(run.state === 'succeeded' && runId !== undefined ? { metrics: await metricsOf(ctx, runId) } : {}),
  }
}

function failureOf({ error }: LoopRun): FabriqueError {
  const code = errorCodes.find((known) => known === error?.code)
  if (error === undefined || code === undefined) return new FabriqueError('internal_error', {})
  // It was made from the same list of values.
  return new FabriqueError(code, error.params as ErrorParams<ErrorCode>)
}

async function metricsOf(ctx: VerbContext, runId: string): Promise<Record<string, number>> {
  const [run] = await getRuns({ ctx, input: { run_ids: [runId] } })
  const metrics = run?.data.metrics ?? []
  return Object.fromEntries(metrics.flatMap(({ key, value }) => (typeof value === 'number' ? [[key, value]] : [])))
}

/** Trains a model without tracking, and waits for it. Throws the error of a training that failed. */
export async function retrainDebug(ctx: VerbContext, asked: Retraining): Promise<RetrainDebugReply> {
  const { project, model, waitMs, language } = asked
  const job = await startDebugTraining({ ctx, input: { project: project.name, model: model.name, language } })
  const ended = await waitForJob({ ctx, input: { job: job.id, wait_ms: waitMs, language } })
  return {
    status: ended.state === 'succeeded' ? 'done' : 'under_way',
    project: project.name,
    model: model.name,
    dataset: model.dataset,
    job_id: job.id,
    tracked: false,
    ...(ended.state === 'succeeded' ? DebugResult.parse(ended.result) : {}),
  }
}
