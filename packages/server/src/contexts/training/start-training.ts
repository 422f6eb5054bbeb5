import {
  FabriqueError,
  Json,
  type Language,
  type Snapshot,
  TrainingRequest,
  type TrainingStarted,
} from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, checkModelGrant, type VerbContext } from '../../platform/index.js'
import { getSnapshot, resolveSnapshot } from '../datasets/index.js'
import { startJob } from '../jobs/index.js'
import { getProject } from '../projects/index.js'
import { createRun, ensureExperiment, logBatch, logInputs, updateRun } from '../tracking/index.js'
import { entries, trainingInput } from './run-records.js'

/** The kind of a job that trains. */
export const trainingJobKind = 'training.train'

/** Tag of a run with the job that fills it. */
export const jobTag = 'fabrique.job'

/** What such a job is given: all that was asked, with the snapshot by its id, and the run that it fills. */
export const TrainingJobInput = z.object({
  project: z.string(),
  snapshot: z.string(),
  run_id: z.string(),
  request: TrainingRequest,
})
export type TrainingJobInput = z.output<typeof TrainingJobInput>

/**
 * Asks for a training. The run is there at once, as scheduled; a worker fills it. Errors: `project_not_found`, `snapshot_not_found`,
 * `snapshot_ref_not_found`, `estimator_unknown`, `estimator_param_invalid`, `training_refused`, `invalid_request`.
 */
export const startTraining = changeVerb({
  name: 'training.start_training',
  permission: 'runs.write',
  input: z.object({
    project: z.string(),
    request: TrainingRequest,
    /** Chosen by a caller that may have to ask again: the same run, and the same job while it is open. */
    run_id: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<TrainingStarted> {
    const { request } = input
    if (request.register !== undefined) checkModelGrant(ctx.actor, request.register)
    const project = await getProject({ ctx, input: { project: input.project } })
    const snapshot = await findSnapshot(ctx, project.name, request.snapshot)
    const { checkTraining } = await import('./training-definition.js')
    checkTraining(request, snapshot.columns)
    const runId = input.run_id ?? ctx.ids.hex32()
    // The job and the run are the change, and record themselves.
    unchanged()
    const job = await startJob({
      ctx,
      input: {
        kind: trainingJobKind,
        project: project.name,
        subject: `runs/${runId}`,
        input: Json.parse({ project: project.name, snapshot: snapshot.id, run_id: runId, request }),
        language: input.language,
      },
    })
    const tags = { [jobTag]: job.id, 'fabrique.definition': project.digest }
    await scheduleRun(ctx, { project: project.name, snapshot, runId, request, tags })
    return { job, run_id: runId }
  },
})

async function findSnapshot(ctx: VerbContext, project: string, name: string): Promise<Snapshot> {
  if (/^snap_[0-9a-z]+$/.test(name)) {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: name } })
    if (snapshot.project === project) return snapshot
    throw new FabriqueError('snapshot_not_found', { snapshot: name })
  }
  const [dataset = '', ref = 'latest'] = name.split(/@(.*)/s)
  return resolveSnapshot({ ctx, input: { project, dataset, ref: ref === '' ? 'latest' : ref } })
}

interface ScheduledRun {
  readonly project: string
  readonly snapshot: Snapshot
  readonly runId: string
  readonly request: TrainingRequest
  readonly tags: Readonly<Record<string, string>>
}

async function scheduleRun(ctx: VerbContext, { project, snapshot, runId, request, tags }: ScheduledRun): Promise<void> {
  const experiment = await ensureExperiment({ ctx, input: { name: project } })
  await createRun({
    ctx,
    input: {
      experiment_id: experiment.experiment_id,
      run_id: runId,
      ...(request.run_name === undefined ? {} : { run_name: request.run_name }),
      start_time: ctx.clock.now().getTime(),
      user_id: ctx.actor.id,
      tags: entries({
        'mlflow.user': ctx.actor.id,
        'mlflow.source.name': project,
        'mlflow.source.type': 'PROJECT',
        'fabrique.project': project,
        'fabrique.snapshot': snapshot.id,
        ...(request.register === undefined ? {} : { 'fabrique.model': request.register }),
        ...tags,
      }),
    },
  })
  await updateRun({ ctx, input: { run_id: runId, status: 'SCHEDULED' } })
  await logInputs({ ctx, input: { run_id: runId, datasets: [trainingInput(snapshot)] } })
  // What it is known by while it waits.
  const known = {
    target: request.target,
    ...(request.estimator === undefined ? {} : { estimator: request.estimator.kind }),
  }
  await logBatch({ ctx, input: { run_id: runId, params: entries(known) } })
}
