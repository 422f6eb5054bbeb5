import { isFabriqueError, type Json } from '@fabrique/contract'
import { isDatabaseAway, toDatabaseError } from '../../platform/index.js'
import { getJob, type JobHandler } from '../jobs/index.js'
import { updateRun } from '../tracking/index.js'
import { carryOutTraining, type TrainedModel } from './carry-out-training.js'
import type { PromotionMode } from './decide-promotion.js'
import { registerTrained } from './register-trained.js'
import { markFailed } from './run-records.js'
import { serviceLookup } from './service-lookup.js'
import { TrainingJobInput } from './start-training.js'
import type { Training } from './train-apart.js'
import type { TrainingTools } from './training-tools.js'

/**
 * Trains what was asked for in the run that was made with the request. One that is begun again, because its worker died, goes on in the same
 * run. A failure marks the run as failed with its reason; a cancelled one is killed.
 */
export function trainingJob(tools: TrainingTools): JobHandler {
  return async (job) => {
    const input = TrainingJobInput.parse(job.input)
    // What is told of a run that ends early is written after the signal aborted.
    const { signal, ...ctx } = job.ctx
    try {
      return await train({ ctx, signal, input, tools, report: (progress) => job.report(progress) })
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'training_crashed') {
        ctx.log.error({ job: job.id, run_id: input.run_id, err: error }, 'The process of a training crashed')
      }
      // The job is begun again once the database answers.
      if (isDatabaseAway(toDatabaseError(error))) throw error
      if (signal?.aborted !== true) await markFailed(ctx, input.run_id, error)
      // Without a wish to cancel the worker stops, and the job is begun again.
      else if ((await getJob({ ctx, input: { job: job.id } })).cancel_requested) {
        const end_time = ctx.clock.now().getTime()
        await updateRun({ ctx, input: { run_id: input.run_id, status: 'KILLED', end_time } })
      }
      throw error
    }
  }
}

async function train(training: Training): Promise<Json> {
  const { ctx, input, tools } = training
  const trained = await carryOutTraining(training)
  const { run_id, metrics } = trained
  const { register: model } = input.request
  const promotion = promotionOf(input)
  const registered =
    model === undefined
      ? {}
      : {
          model,
          ...(await registerTrained(ctx, tools, {
            model,
            snapshot: input.snapshot,
            trained: await withLookup(training, model, trained),
            ...(promotion === undefined ? {} : { promotion }),
          })),
        }
  await updateRun({ ctx, input: { run_id, status: 'FINISHED', end_time: ctx.clock.now().getTime() } })
  return { run_id, metrics: { ...metrics }, ...registered }
}

/** A version that was trained on a training set of a feature service is asked by key as those of the loop are. */
async function withLookup({ ctx, input }: Training, model: string, trained: TrainedModel): Promise<TrainedModel> {
  const { signature } = trained
  const feature_lookup = await serviceLookup(ctx, { snapshot: input.snapshot, model, signature })
  return feature_lookup === undefined ? trained : { ...trained, signature: { ...signature, feature_lookup } }
}

function promotionOf({ request }: TrainingJobInput): PromotionMode | undefined {
  switch (request.promote) {
    case 'never':
      return undefined
    case 'always':
      return { kind: 'always' }
    case 'if_better':
      return { kind: 'if_better', metric: request.promote_metric }
  }
}
