import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '@fabrique/contract'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@fabrique/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  cleanUp,
  copyOfIris,
  getJson,
  predict,
  processesOf,
  runFabrique,
  startFabrique,
  startRole,
  until,
} from '../support/running-fabrique.js'

// A PostgreSQL of its own plays the external server: started, stopped and started again by the test.
let folder: string
let place: string
let postgres: EmbeddedPostgres

const startPostgres = () =>
  startEmbeddedPostgres({ dataDir: join(place, 'postgres'), logFile: join(place, 'postgres.log') })

beforeAll(async () => {
  folder = copyOfIris()
  place = mkdtempSync(join(tmpdir(), 'fabrique-external-'))
  postgres = await startPostgres()
})
afterAll(async () => {
  await cleanUp(folder)
  await postgres.stop()
  rmSync(place, { recursive: true, force: true })
})

test('with an external database, predictions go on while it is away and all comes back with it', async () => {
  const env = { DATABASE_URL: postgres.connectionString('postgres') }
  const fabrique = await startFabrique(folder, ['--port', '0'], env)
  expect(fabrique.output()).toContain('PostgreSQL at DATABASE_URL')
  expect(processesOf(folder).part('postgres')).toBeUndefined()

  await postgres.stop()
  for (let request = 0; request < 10; request += 1) {
    expect((await predict(fabrique.url)).status).toBe(200)
    await sleep(50)
  }
  const reply = await fetch(`${fabrique.url}/api/v1/projects`)
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await reply.json()).toMatchObject({ code: 'database_unavailable' })
  const away = await getJson<Status>(`${fabrique.url}/status`)
  expect(away).toMatchObject({ state: 'degraded' })

  postgres = await startPostgres()
  await until('everything is up again', async () => (await getJson<Status>(`${fabrique.url}/status`)).state === 'up')
  const loop = await runFabrique(['loop', 'iris', '--url', fabrique.url])
  expect(loop.stderr).toContain('version 2')
  await fabrique.end('SIGINT')
  expect(processesOf(folder).all).toEqual([])
})

test('a server whose database goes away while it starts ends, so that another is started', async () => {
  const sockets = new Set<Socket>()
  let isAway = false
  const road = createServer((client) => {
    const database = connect(join(postgres.socketDir, `.s.PGSQL.${postgres.port}`))
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).pipe(other)
    }
    client.on('data', (bytes) => {
      // It has been in the database by then, and is not done with it.
      isAway ||= bytes.includes('fabrique server events')
      if (isAway) for (const one of sockets) one.destroy()
    })
  })
  await new Promise<void>((resolve) => road.listen(0, '127.0.0.1', resolve))
  const address = road.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { exited } = startRole(['server', folder, '--port', '0'], {
    DATABASE_URL: `postgresql://fabrique@127.0.0.1:${port}/postgres`,
  })
  const { status, stderr } = await exited
  road.close()
  expect(isAway).toBe(true)
  expect([status, stderr]).toEqual([3, expect.stringContaining('database_unavailable')])
})
