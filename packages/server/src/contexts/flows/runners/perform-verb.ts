import { BatchRequest, FabriqueError, type Job, type Json, type WorkerStep } from '@fabrique/contract'
import { z } from 'zod'
import { unreachable } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { startBatch } from '../../batches/index.js'
import { startIngest } from '../../datasets/index.js'
import { selectFeatures, startMaterialize } from '../../features/index.js'
import { waitForJob } from '../../jobs/index.js'
import { getProject, modelOf } from '../../projects/index.js'
import { championAlias, findVersion, getAlias, moveAlias } from '../../registry/index.js'
import { type Champion, declaredTraining, evaluateVersion, startTraining } from '../../training/index.js'
import { validateEverything } from '../../validation/index.js'
import { toChampion } from '../training-registry.js'
import type { CommandTools } from './perform-command.js'
import { performDrift } from './perform-drift.js'
import { completed, type Outcome, type StepAtWork } from './step-at-work.js'
import { needsItsWorker, runIdOf, type TrainTools, trainDeclared } from './train-declared.js'

type Verb = Exclude<WorkerStep, { kind: 'sleep' | 'flow' | 'approve' | 'command' | 'python' }>

/** What steps of the platform are carried out with. */
export interface VerbTools extends CommandTools, TrainTools {
  readonly ctx: VerbContext
}

/** Does what the command line and the API do: by the same verb, or as the same job, for which the run waits without a process. */
export async function performVerb(step: StepAtWork<Verb>, tools: VerbTools): Promise<Outcome> {
  const { ctx, session, work, name } = step
  const { project } = session.run
  const reason = `Step ${name} of ${session.run.id}`.slice(0, 500)
  switch (work.kind) {
    case 'ingest':
      return jobStep(step, () => startIngest({ ctx, input: { project, dataset: work.dataset, reason } }), ingested)
    case 'materialize':
      return jobStep(
        step,
        async () => {
          const views = await viewsOf(ctx, project, work)
          return startMaterialize({ ctx, input: { project, request: { views, full: false, reason } } })
        },
        () => null,
      )
    case 'train': {
      const model = modelOf(await getProject({ ctx, input: { project } }), work.model)
      if (needsItsWorker(model)) {
        return completed(await trainDeclared(step, { model, snapshot: work.snapshot }, tools))
      }
      const request = declaredTraining(model, work.snapshot ?? `${model.dataset}@latest`)
      const run_id = runIdOf(step.idempotencyKey)
      return jobStep(step, async () => (await startTraining({ ctx, input: { project, request, run_id } })).job, trained)
    }
    case 'validate': {
      const validations = await validateEverything({ ctx, input: { snapshot: work.snapshot, reason } })
      const checks = validations.flatMap((validation) => validation.checks)
      const failed = checks.filter(({ success }) => !success)
      return completed({
        success: !failed.some(({ expectation }) => expectation.severity === 'critical'),
        evaluated: validations.reduce((sum, validation) => sum + validation.evaluated, 0),
        failed: failed.length,
        validations: validations.map(({ id }) => id),
      })
    }
    case 'promote': {
      const { model, version, alias = championAlias } = work
      await moveAlias({ ctx, input: { model, alias, version, reason } })
      return completed({ version, alias })
    }
    case 'predict': {
      const { model, maxRejected, kind: _kind, columns, ...asked } = work
      const request = BatchRequest.parse({
        ...asked,
        ...(columns === undefined ? {} : { columns: [...columns] }),
        ...(maxRejected === undefined ? {} : { max_rejected: maxRejected }),
        reason,
      })
      return jobStep(step, async () => (await startBatch({ ctx, input: { model, request } })).job, predicted)
    }
    case 'evaluate': {
      const { model, snapshot, version: asked } = work
      const version = await versionOf(ctx, model, asked)
      const input = { project, model, snapshot, version, tools: tools.trainingTools }
      const { version: scored, metrics } = await evaluateVersion({ ctx, input })
      return completed({ version: scored, metrics })
    }
    case 'drift':
      return performDrift({ ...step, work })
    default:
      return unreachable(work)
  }
}

/** Starts a job once and waits for it. */
async function jobStep(
  { ctx, session, name, held }: StepAtWork,
  start: () => Promise<Job>,
  resultOf: (result: Json | undefined) => Json,
): Promise<Outcome> {
  const id = held.job ?? (await start()).id
  await session.holdStep(name, { job: id })
  // What it failed with is thrown, and so is that it was cancelled.
  const job = await waitForJob({ ctx, input: { job: id, wait_ms: 0, language: 'en' } })
  return job.state === 'succeeded' ? completed(resultOf(job.result)) : { wait: { kind: 'job', job: id } }
}

/** A version of a model, or its champion. Throws `alias_not_found`, and as `getModelVersion`. */
async function versionOf(ctx: VerbContext, model: string, version: string | undefined): Promise<Champion> {
  const found =
    version === undefined
      ? await getAlias({ ctx, input: { model, alias: championAlias } })
      : await findVersion({ ctx, input: { model, version } })
  if (found === undefined) throw new FabriqueError('alias_not_found', { model, alias: championAlias })
  return toChampion(found)
}

const Ingested = z.object({ snapshot_id: z.string(), is_new: z.boolean() })
const ingested = (result: Json | undefined): Json => Ingested.parse(result)

const Predicted = z.object({
  snapshot_id: z.string(),
  version: z.string(),
  rows: z.number(),
  predicted: z.number(),
  rejected: z.number(),
})
const predicted = (result: Json | undefined): Json => Predicted.parse(result)

const Trained = z.object({
  run_id: z.string(),
  version: z.union([z.string(), z.number()]).transform(String).optional(),
  promoted: z.boolean().optional(),
  reason: z.string().optional(),
  reason_fr: z.string().optional(),
  metrics: z.record(z.string(), z.number()).default({}),
})
const trained = (result: Json | undefined): Json => JSON.parse(JSON.stringify(Trained.parse(result)))

async function viewsOf(
  ctx: VerbContext,
  project: string,
  { view, service }: Extract<Verb, { kind: 'materialize' }>,
): Promise<string[]> {
  if (view !== undefined) return [view]
  const { views } = await selectFeatures(ctx, { project, ...(service === undefined ? {} : { service }) })
  return views.filter((one) => one.view.definition.online).map((one) => one.view.name)
}
