import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.js'
import { serverProcesses } from './process-probe.js'
import { makeCluster, makeHome, query, type TestCluster, type TestHome } from './test-home.js'

let cluster: TestCluster
let place: TestHome
let server: EmbeddedPostgres

beforeAll(async () => {
  cluster = await makeCluster()
})
afterAll(() => cluster?.dispose())
beforeEach(async () => {
  place = makeHome()
  cluster.copyTo(place)
  server = await startEmbeddedPostgres(place.options())
  await query(server.connectionString('postgres'), 'create table t (n int)')
})

afterEach(() => place.dispose())

/** Inserts rows one commit at a time until the server breaks, and says how many were acknowledged. */
async function insertUntilBroken(breakAfter: number, breakIt: () => void): Promise<number> {
  const client = new pg.Client({ connectionString: server.connectionString('postgres') })
  client.on('error', () => {})
  await client.connect()
  let acknowledged = 0
  try {
    for (; acknowledged < 5000; acknowledged += 1) {
      if (acknowledged === breakAfter) breakIt()
      await client.query('insert into t values ($1)', [acknowledged])
    }
  } catch {
    // The connection broke, as intended.
  }
  await client.end().catch(() => {})
  return acknowledged
}

async function countRows(): Promise<number> {
  const rows = await query(
    server.connectionString('postgres'),
    'select count(*)::int as n, count(distinct n)::int as d from t',
  )
  expect(rows[0]?.n).toBe(rows[0]?.d)
  return Number(rows[0]?.n)
}

/** A row may be written whose acknowledgement was lost on the way; never the other way round. */
async function expectKept(acknowledged: number): Promise<void> {
  const kept = await countRows()
  expect(acknowledged).toBeGreaterThanOrEqual(100)
  expect(kept - acknowledged).toBeGreaterThanOrEqual(0)
  expect(kept - acknowledged).toBeLessThanOrEqual(1)
}

// Its processes are found in /proc.
describe.skipIf(process.platform !== 'linux')('after a crash', () => {
  it('kill -9 of all processes: starts again with every acknowledged row', async () => {
    const acknowledged = await insertUntilBroken(100, () => {
      for (const pid of serverProcesses(place.dataDir)) process.kill(pid, 'SIGKILL')
    })
    expect(await server.exited).toEqual({ pid: server.pid, code: null, signal: 'SIGKILL' })
    server = await startEmbeddedPostgres(place.options())
    await expectKept(acknowledged)
    await server.stop()
  })

  it('kill -9 of the postmaster while a backend is busy: waits for the backend, then starts', async () => {
    const busy = new pg.Client({ connectionString: server.connectionString('postgres') })
    busy.on('error', () => {})
    await busy.connect()
    const backend = (await busy.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0
    const acknowledged = await insertUntilBroken(100, () => {
      // It does not notice that its parent is gone before it is told to go on.
      process.kill(backend, 'SIGSTOP')
      process.kill(server.pid, 'SIGKILL')
    })
    await server.exited
    server = await startEmbeddedPostgres(
      place.options({
        onEvent: (event) => {
          place.events.push(event)
          if (event.kind === 'waiting' && event.reason === 'previous_processes') process.kill(backend, 'SIGCONT')
        },
      }),
    )
    expect(place.events).toContainEqual({ kind: 'waiting', reason: 'previous_processes', pid: null })
    await busy.end().catch(() => {})
    await expectKept(acknowledged)
    await server.stop()
  })

  it('kill -9 of one backend: the server restarts itself and stays the same process', async () => {
    const acknowledged = await insertUntilBroken(100, () => killBackend())
    const again = await startEmbeddedPostgres(place.options())
    expect([again.attached, again.pid]).toEqual([true, server.pid])
    await expectKept(acknowledged)
    await server.stop()
    expect((await again.exited).pid).toBe(server.pid)
    server = await startEmbeddedPostgres(place.options())
    await expectKept(acknowledged)
    await server.stop()
  })

  it('stop() while it recovers from a crashed backend ends all the same', async () => {
    await insertUntilBroken(100, () => killBackend())
    await server.stop()
    await server.exited
    expect(serverProcesses(place.dataDir)).toEqual([])
    server = await startEmbeddedPostgres(place.options())
    expect(await countRows()).toBeGreaterThanOrEqual(100)
    await server.stop()
  })
})

/** Kills a helper process of the server, which it treats like a crashed backend. */
function killBackend(): void {
  const victim = Math.max(...serverProcesses(place.dataDir).filter((pid) => pid !== server.pid))
  process.kill(victim, 'SIGKILL')
}
