import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { createRun, ensureExperiment, logInputs, updateRun } from '../tracking/index.js'
import { carryOutTraining, type TrainedModel } from './carry-out-training.js'
import { declaredTraining } from './declared-training.js'
import { entries, markFailed, trainingInput } from './run-records.js'
import type { Training } from './train-apart.js'
import type { TrainingTools } from './training-tools.js'

const TrainInput = z.object({
  project: z.string(),
  model: z.string(),
  snapshot: z.string(),
  /** Chosen by the caller, so that a training that is run again after a crash goes on in the same run. */
  run_id: z.string(),
  flow_run: z.string().optional(),
  tools: z.custom<TrainingTools>(),
})
type TrainInput = z.output<typeof TrainInput>

/**
 * Trains a declared model on a snapshot as a tracked run: by its estimator, a search or a competition in a process of its own, as a job
 * does. It is not registered. A failure marks the run as failed and says why; one
 * that is cancelled is killed. Errors: `training_data_unfit`, `estimator_unknown`,
 * `estimator_param_invalid`, `training_crashed`, `training_memory_exceeded`, and those of a script.
 */
export const trainModel = taskVerb({
  name: 'training.train_model',
  permission: 'runs.write',
  input: TrainInput,
  async run({ ctx: given, input }): Promise<TrainedModel> {
    const { signal, ...ctx } = given
    await startRun(ctx, input)
    try {
      const trained = await trainDeclared(ctx, signal, input)
      await updateRun({ ctx, input: { run_id: input.run_id, status: 'FINISHED', end_time: ctx.clock.now().getTime() } })
      return trained
    } catch (error) {
      if (signal?.aborted !== true) await markFailed(ctx, input.run_id, error)
      else if (isGivenUp(signal.reason)) await endKilled(ctx, input.run_id)
      throw error
    }
  },
})

/** Where the worker stops or loses the run, the step is begun again, in the same tracked run. */
const isGivenUp = (reason: unknown) =>
  isFabriqueError(reason) && (reason.code === 'flow_run_cancelled' || reason.code === 'flow_run_timed_out')

async function endKilled(ctx: VerbContext, run_id: string): Promise<void> {
  try {
    await updateRun({ ctx, input: { run_id, status: 'KILLED', end_time: ctx.clock.now().getTime() } })
  } catch (error) {
    ctx.log.warn({ run_id, err: error }, 'The run of a training that was cancelled could not be ended')
  }
}

/** Trains a model in the way that it declares, in the run that was made for it. */
async function trainDeclared(
  ctx: VerbContext,
  signal: AbortSignal | undefined,
  { project, model: name, snapshot: id, run_id, tools }: TrainInput,
): Promise<TrainedModel> {
  const model = modelOf(await getProject({ ctx, input: { project } }), name)
  const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
  const request = declaredTraining(model, snapshot.id)
  const training: Training = { ctx, signal, input: { project, snapshot: snapshot.id, run_id, request }, tools }
  const { checkTraining } = await import('./training-definition.js')
  try {
    const { script } = model
    if (script !== undefined) {
      const { carryOutScript } = await import('./script-training.js')
      return await carryOutScript({ ...training, model: { ...model, script }, snapshot })
    }
    checkTraining(request, snapshot.columns)
    return await carryOutTraining(training)
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'training_refused') throw error
    // What is wrong stands in the project or in its data.
    const reason = String(error.params.reason)
    throw new FabriqueError('training_data_unfit', { model: name, snapshot: id, reason }, { cause: error })
  }
}

async function startRun(ctx: VerbContext, input: TrainInput): Promise<void> {
  const project = await getProject({ ctx, input: { project: input.project } })
  const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
  const experiment = await ensureExperiment({ ctx, input: { name: input.project } })
  await createRun({
    ctx,
    input: {
      experiment_id: experiment.experiment_id,
      run_id: input.run_id,
      start_time: ctx.clock.now().getTime(),
      user_id: ctx.actor.id,
      tags: entries({
        'mlflow.user': ctx.actor.id,
        'mlflow.source.name': `${input.project}/${input.model}`,
        'mlflow.source.type': 'PROJECT',
        'fabrique.project': input.project,
        'fabrique.model': input.model,
        'fabrique.snapshot': snapshot.id,
        'fabrique.definition': project.digest,
        ...(input.flow_run === undefined ? {} : { 'fabrique.flow_run': input.flow_run }),
      }),
    },
  })
  await logInputs({ ctx, input: { run_id: input.run_id, datasets: [trainingInput(snapshot)] } })
}
