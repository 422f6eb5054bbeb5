import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FlowApp, openFlowApp } from '../../../../test/support/flow-app.js'
import { insertRun, insertStep } from '../../../../test/support/flow-rows.js'
import { testStart } from '../../../../test/support/test-clock.js'

let suite: FlowApp
beforeAll(async () => {
  suite = await openFlowApp()
})
afterAll(() => suite?.close())

const waiting = { state_type: 'PAUSED', state_name: 'Paused', ended_at: null, kind: 'approve' }
const form = { type: 'object', properties: { rows: { type: 'integer', minimum: 1 } }, required: ['rows'] }
const approval = (more: object = {}) => JSON.stringify({ prompt: 'Publish?', ...more })
const path = (step = 'publish', run = 'flow_a') => `/api/v1/flow-runs/${run}/approvals/${step}`

beforeEach(async () => {
  const { db } = suite.ctx
  await sql`truncate flow_runs, events, audit cascade`.execute(db)
  await insertRun(db, 'flow_a', { state_type: 'PAUSED', state_name: 'Paused', started_at: testStart })
  await insertStep(db, 'flow_a', 'publish', 0, { ...waiting, approval: approval({ form }) })
})

const runNow = async () => suite.ok('GET', '/api/v1/flow-runs/flow_a')

test('an approval with its values makes the run go on, and stands in the audit trail', async () => {
  const step = await suite.ok('POST', path(), { decision: 'approved', values: { rows: 3 }, comment: 'looks good' })
  const decided = {
    decision: 'approved',
    values: { rows: 3 },
    comment: 'looks good',
    decided_by: 'local',
    decided_at: testStart.toISOString(),
  }
  expect(step).toMatchObject({ name: 'publish', approval: { prompt: 'Publish?', form, ...decided } })
  expect((await runNow()).state).toEqual({ type: 'SCHEDULED', name: 'Resuming' })
  const { rows: audit } = await sql<{ verb: string; reason: string }>`select verb, reason from audit`.execute(
    suite.ctx.db,
  )
  expect(audit).toEqual([{ verb: 'flows.decide_approval', reason: 'publish: approved, looks good' }])
  const { rows: events } = await sql<{ kind: string; payload: object }>`select kind, payload from events`.execute(
    suite.ctx.db,
  )
  expect(events).toMatchObject([
    { kind: 'flow_run.changed', payload: { flow_run_id: 'flow_a', state_name: 'Resuming' } },
  ])
})

test('a rejection needs no values', async () => {
  const { approval: told } = await suite.ok('POST', path(), { decision: 'rejected' })
  expect(told).toMatchObject({ decision: 'rejected', values: {}, comment: '' })
})

test('of two decisions at once the first counts', async () => {
  const decide = (decision: string) => suite.send('POST', path(), { decision, values: { rows: 1 } })
  const replies = await Promise.all([decide('approved'), decide('rejected'), decide('approved')])
  const statuses = replies.map(({ status }) => status)
  expect(statuses.toSorted()).toEqual([200, 409, 409])
  const first = replies.find(({ status }) => status === 200)?.body.approval.decision
  const refused = replies.find(({ status }) => status === 409)?.body
  expect(refused).toMatchObject({ code: 'flow_approval_taken', params: { decision: first, decided_by: 'local' } })
})

test.each([
  [{}, 'values.rows', 'it is missing'],
  [{ rows: 0 }, 'values.rows', 'must be >= 1'],
  [{ rows: 'x' }, 'values.rows', 'must be integer'],
])('values %j that do not fit the form are refused, and the run waits on', async (values, field, reason) => {
  const { status, body } = await suite.send('POST', path(), { decision: 'approved', values })
  expect([status, body.code, body.field, body.params.reason]).toEqual([
    400,
    'flow_approval_values_invalid',
    field,
    reason,
  ])
  expect((await runNow()).state.name).toBe('Paused')
})

test('a decision comes too late, for no such step, or for one that needs none', async () => {
  const { db } = suite.ctx
  await insertStep(db, 'flow_a', 'late', 1, { ...waiting, approval: approval({ until: '2020-01-01T00:00:00Z' }) })
  await insertStep(db, 'flow_a', 'load', 2)
  await insertStep(db, 'flow_a', 'ended', 3, { kind: 'approve', approval: approval() })
  const refusal = async (address: string) => {
    const { status, body } = await suite.send('POST', address, { decision: 'approved', values: { rows: 1 } })
    return [status, body.code]
  }
  expect(await refusal(path('late'))).toEqual([409, 'flow_approval_late'])
  expect(await refusal(path('load'))).toEqual([409, 'flow_step_needs_no_approval'])
  expect(await refusal(path('ended'))).toEqual([409, 'flow_step_needs_no_approval'])
  expect(await refusal(path('other'))).toEqual([404, 'flow_step_not_found'])
  expect(await refusal(path('publish', 'flow_x'))).toEqual([404, 'flow_run_not_found'])
})
