import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertRun, insertStep } from '../../../../test/support/flow-rows.js'
import { type FlowSuite, openFlowSuite } from '../../../../test/support/flow-suite.js'
import { systemActor } from '../../../platform/index.js'
import { getJob, startJob } from '../../jobs/index.js'
import { cancelRun } from '../engine/cancel-runs.js'
import { cancelLeftJobs } from './cancel-left-jobs.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterAll(() => suite?.close())

test('a cancelled run takes the jobs that it alone waits for with it, and no others', async () => {
  const { ctx, events } = suite
  const stop = cancelLeftJobs(ctx, events)
  try {
    const { id } = await suite.ask('trains')
    const startedBy = (part: string, subject: string) =>
      startJob({ ctx: { ...ctx, actor: systemActor(part) }, input: { kind: 'training.train', subject, input: {} } })
    const own = await startedBy(id, 'runs/a')
    const other = await startedBy('flow_other', 'runs/b')
    const shared = await startedBy(id, 'runs/c')
    await insertRun(ctx.db, 'flow_waits', { state_type: 'PAUSED', state_name: 'Suspended' })
    const waits = { state_type: 'PAUSED', state_name: 'Suspended', ended_at: null }
    await insertStep(ctx.db, 'flow_waits', 'train', 0, { ...waits, job: shared.id })
    await cancelRun(ctx, id, '')
    const stateOf = async (job: string) => (await getJob({ ctx, input: { job } })).state
    await expect.poll(() => stateOf(own.id)).toBe('cancelled')
    expect(await stateOf(other.id)).toBe('queued')
    await stop()
    expect(await stateOf(shared.id)).toBe('queued')
  } finally {
    await stop()
  }
})
