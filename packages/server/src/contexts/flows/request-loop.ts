import { FabriqueError, type FlowRun, type Language } from '@fabrique/contract'
import { z } from 'zod'
import { present } from '../../kernel/index.js'
import { changeVerb, readVerb } from '../../platform/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { type FlowRunRow, flowTables, newestFlowRun, toFlowRun } from './store.js'

const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/**
 * Asks for a run of the loop of a model; a worker takes it. While one is queued or running, that one is the answer: a model
 * has one loop at a time.
 */
export const requestLoop = changeVerb({
  name: 'flows.request_loop',
  permission: 'flows.write',
  input: z.object({ project: z.string(), model: z.string(), reason: z.string().max(500).default(''), language }),
  async run({ ctx, input, record, unchanged }): Promise<FlowRun> {
    const project = await getProject({ ctx, input: { project: input.project } })
    modelOf(project, input.model)
    const created = await flowTables(ctx)
      .insertInto('flow_runs')
      .values({
        id: ctx.ids.prefixed('flow'),
        project: input.project,
        model: input.model,
        flow: 'loop',
        state: 'queued',
        stage: 'source',
        requested_by: ctx.actor.id,
        reason: input.reason,
        requested_at: ctx.clock.now(),
        result: '{}',
      })
      .onConflict((conflict) =>
        conflict.columns(['project', 'model', 'flow']).where('state', 'in', ['queued', 'running']).doNothing(),
      )
      .returningAll()
      .executeTakeFirst()
    if (created === undefined) {
      unchanged()
      const open = await newestFlowRun(ctx, input, input.language)
      return present(open, 'open flow run')
    }
    await record({
      subject: `flow-runs/${created.id}`,
      event: 'flow_run.changed',
      reason: input.reason,
      payload: {
        flow_run_id: created.id,
        project: input.project,
        model: input.model,
        state: 'queued',
        stage: 'source',
      },
    })
    return toFlowRun(created as FlowRunRow, input.language)
  },
})

/** One flow run; throws `flow_run_not_found`. */
export const getFlowRun = readVerb({
  name: 'flows.get_flow_run',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string(), language }),
  async run({ ctx, input }): Promise<FlowRun> {
    const row = await flowTables(ctx)
      .selectFrom('flow_runs')
      .selectAll()
      .where('id', '=', input.flow_run)
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: input.flow_run })
    return toFlowRun(row as FlowRunRow, input.language)
  },
})
