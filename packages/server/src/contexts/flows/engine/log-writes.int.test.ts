import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertRun, insertWorker } from '../../../../test/support/flow-rows.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { openRunLog } from './log-writes.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

test('lines that wait for a database that is slow are bounded by their bytes, and written in pieces', async () => {
  const { db } = suite.ctx
  await insertWorker(db, 'wrk_a', [])
  await insertRun(db, 'flow_a', { worker_id: 'wrk_a', epoch: 1 })
  let writes = 0
  const attempt = <Result>(write: () => Promise<Result>) => {
    writes += 1
    return write()
  }
  const claim = { run: 'flow_a', worker: 'wrk_a', epoch: 1 }
  const log = openRunLog({ db, claim, attempt, onWritten: () => {} })
  // Of two bytes each character.
  const text = 'é'.repeat(10_000)
  const line = { at: suite.clock.now(), level: 'info', stream: 'log', text } as const
  log.add(Array(2_000).fill(line))
  await log.flush()
  const { rows } = await suite.database.pool.query('select lines::int, bytes::int, dropped::int from flow_log_counts')
  expect(rows).toEqual([{ lines: 500, bytes: 10_000_000, dropped: 1_500 }])
  expect(writes).toBe(10)
})
