import { FabriqueError, type Language, type LoopRun } from '@fabrique/contract'
import { z } from 'zod'
import { present } from '../../kernel/index.js'
import { changeVerb, checkModelGrant, readVerb } from '../../platform/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { enqueueRun } from './engine/enqueue-run.js'
import { findLoopRun, loopTables } from './store.js'

/** The flow that is there for each project: the loop of a model, which its runs name. */
export const loopName = 'loop'

const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/**
 * Asks for a run of the loop of a model; a worker takes it. While one is queued or running, that one is the answer: a model
 * has one loop at a time.
 */
export const requestLoop = changeVerb({
  name: 'flows.request_loop',
  permission: 'flows.write',
  input: z.object({ project: z.string(), model: z.string(), reason: z.string().max(500).default(''), language }),
  async run({ ctx, input, record, unchanged }): Promise<LoopRun> {
    const project = await getProject({ ctx, input: { project: input.project } })
    modelOf(project, input.model)
    checkModelGrant(ctx.actor, input.model)
    const { id, isNew } = await enqueueRun(ctx, {
      project: input.project,
      flow: loopName,
      params: { model: input.model },
      model: input.model,
      origin: 'loop',
      scheduledFor: ctx.clock.now(),
      reason: input.reason,
      openKey: input.model,
    })
    if (isNew) {
      await loopTables(ctx)
        .insertInto('loop_runs')
        .values({
          flow_run_id: id,
          project: input.project,
          model: input.model,
          stage: 'source',
          requested_at: ctx.clock.now(),
          result: '{}',
        })
        .execute()
      await record({
        subject: `flow-runs/${id}`,
        event: 'loop.changed',
        reason: input.reason,
        payload: { flow_run_id: id, project: input.project, model: input.model, state: 'queued', stage: 'source' },
      })
    } else unchanged()
    return present(await findLoopRun(ctx, id, input.language), 'run of the loop')
  },
})

/** One run of a loop; throws `flow_run_not_found`. */
export const getLoopRun = readVerb({
  name: 'flows.get_loop_run',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string(), language }),
  async run({ ctx, input }): Promise<LoopRun> {
    const run = await findLoopRun(ctx, input.flow_run, input.language)
    if (run === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: input.flow_run })
    return run
  },
})
