import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite } from '../../../../test/support/flow-suite.js'
import type { FlowExecutor } from './model.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
  // The database takes no end of a run as often as the sequence has a number left.
  await suite.rows('create sequence refused maxvalue 1000000')
  await suite.rows(`
    create function refuse_end() returns trigger language plpgsql as $$
    begin
      if nextval('refused') <= tg_argv[0]::bigint then raise 'The end is refused'; end if;
      return new;
    end $$`)
})
afterEach(async () => {
  await suite?.stopWorkers()
  await suite?.rows('drop trigger if exists refuses on flow_runs')
})
afterAll(() => suite?.close())

const done: FlowExecutor = async () => ({ kind: 'completed', result: null })

async function refuseEnds(times: number) {
  await suite.rows(`select setval('refused', 1, false)`)
  await suite.rows(`
    create trigger refuses before update on flow_runs for each row
    when (old.worker_id is not null and new.worker_id is null) execute function refuse_end(${times})`)
}

test('a run whose end could not be written goes on, though its worker lives', async () => {
  let executions = 0
  const flow = flowOf('refused', async () => ({ kind: 'completed', result: ++executions }))
  await refuseEnds(1)
  const { id } = await suite.ask('refused')
  await suite.start([flow])
  await suite.until(id, 'COMPLETED Completed')
  expect(await suite.rows('select result, crashes from flow_runs where id = $1', [id])).toEqual([
    { result: 2, crashes: 1 },
  ])
})

test('a run that a worker has and does not know of goes on', async () => {
  const worker = await suite.start([flowOf('unknown', done)])
  const { id } = await suite.ask('unknown', { readyAt: null })
  // As it is when a claim is committed and the answer is lost.
  await suite.rows(
    `update flow_runs set worker_id = $2, epoch = epoch + 1, state_type = 'RUNNING', state_name = 'Running', started_at = now()
     where id = $1`,
    [id, worker.id()],
  )
  await suite.until(id, 'COMPLETED Completed')
})

test('a worker that stops and cannot give a run back leaves it to be taken over', async () => {
  const begun: string[] = []
  const flow = flowOf('left', ({ run, signal }) => {
    begun.push(run.id)
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'cancelled' })))
  })
  const { id } = await suite.ask('left')
  await suite.start([flow])
  await expect.poll(() => begun).toEqual([id])
  await refuseEnds(1_000)
  await suite.stopWorkers()
  await suite.rows('drop trigger refuses on flow_runs')
  await suite.rows(`update flow_workers set lease_until = clock_timestamp() - interval '1 min'`)
  await suite.start([{ ...flow, execute: done }], { leaseMs: 2_000 })
  await suite.until(id, 'COMPLETED Completed')
})
