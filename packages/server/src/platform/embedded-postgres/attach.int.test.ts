import { spawn } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from './index.js'
import { processExists, serverProcesses } from './process-probe.js'
import {
  compileStarter,
  makeCluster,
  makeHome,
  query,
  startElsewhere,
  type TestCluster,
  type TestHome,
} from './test-home.js'

let starter: ReturnType<typeof compileStarter>
let cluster: TestCluster
let place: TestHome

beforeAll(async () => {
  starter = compileStarter()
  cluster = await makeCluster()
})
afterAll(() => {
  cluster?.dispose()
  rmSync(starter.folder, { recursive: true, force: true })
})
beforeEach(() => {
  place = makeHome()
})
afterEach(() => place.dispose())

/** Leaves a server behind whose parent was killed together with its whole process group, as by a terminal. */
async function orphan(): Promise<number> {
  cluster.copyTo(place)
  const { child, pid } = await startElsewhere(starter.file, place.options(), 'hold')
  const closed = new Promise((resolve) => child.once('close', resolve))
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  await closed
  return pid
}

// The list of server processes comes from /proc.
const onLinux = describe.skipIf(process.platform !== 'linux')

onLinux('a server left behind', () => {
  it('is found again after kill -9 of its parent, used and stopped', async () => {
    const pid = await orphan()
    expect(processExists(pid)).toBe(true)
    const server = await startEmbeddedPostgres(place.options())
    expect([server.attached, server.pid]).toEqual([true, pid])
    await query(server.connectionString('postgres'), 'create table t as select 1 as n')
    await server.stop()
    expect(await server.exited).toEqual({ pid, code: null, signal: null })
    expect(place.events.map((event) => event.kind)).toEqual(['attached', 'ready', 'stopping', 'exited'])
    expect(serverProcesses(place.dataDir)).toEqual([])
  })

  it('is waited for while it shuts down, then a new one starts', async () => {
    const pid = await orphan()
    const client = new pg.Client({ host: join(place.path, 'run'), user: 'fabrique', database: 'postgres' })
    client.on('error', () => {})
    await client.connect()
    // SIGTERM lets the clients finish, so it goes on stopping as long as this one is connected.
    process.kill(pid, 'SIGTERM')
    let leaving: Promise<void> | undefined
    const server = await startEmbeddedPostgres(
      place.options({
        onEvent: (event) => {
          if (event.kind === 'waiting' && event.reason === 'shutting_down') leaving ??= client.end()
          place.events.push(event)
        },
      }),
    )
    expect(leaving).toBeDefined()
    expect([server.attached, server.pid === pid]).toEqual([false, false])
    await server.stop()
  })
})

describe('several starters at once', () => {
  it('share one server within a process', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startEmbeddedPostgres(place.options())))
    expect(new Set(servers.map((server) => server.pid)).size).toBe(1)
    expect(servers.filter((server) => !server.attached).length).toBe(1)
    for (const server of servers) await query(server.connectionString('postgres'), 'select 1')
    expect(readdirSync(place.path).sort()).toEqual(['logs', 'postgres', 'run'])
    await Promise.all(servers.map((server) => server.stop()))
  })

  it('share one server between processes, which outlives those that do not stop it', async () => {
    const started = await Promise.all([1, 2].map(() => startElsewhere(starter.file, place.options(), 'leave')))
    expect(started[0]?.pid).toBe(started[1]?.pid)
    expect(started.filter((one) => !one.attached).length).toBe(1)
    const server = await startEmbeddedPostgres(place.options())
    expect(server.pid).toBe(started[0]?.pid)
    await server.stop()
  })
})

onLinux('a stale postmaster.pid', () => {
  it('does not matter when its process id now belongs to an unrelated program', async () => {
    cluster.copyTo(place)
    const server = await startEmbeddedPostgres(place.options())
    const file = join(place.dataDir, 'postmaster.pid')
    const unrelated = spawn('sleep', ['30'])
    const text = (pid: number): string => `${pid}\n${place.dataDir}\n1\n5432\n${place.path}/run\n\n 1 1\nready   \n`
    await server.stop()
    writeFileSync(file, text(unrelated.pid ?? 0))
    writeFileSync(join(place.path, 'run', '.s.PGSQL.5432.lock'), text(unrelated.pid ?? 0))
    const again = await startEmbeddedPostgres(place.options())
    expect(again.attached).toBe(false)
    await again.stop()
    // As after a restore: only the lock beside the socket is left.
    writeFileSync(join(place.path, 'run', '.s.PGSQL.5432.lock'), text(unrelated.pid ?? 0))
    const restored = await startEmbeddedPostgres(place.options())
    await restored.stop()
    unrelated.kill()
  })
})
