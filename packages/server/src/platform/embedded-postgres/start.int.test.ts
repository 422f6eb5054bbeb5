import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from './index.js'
import { serverProcesses } from './process-probe.js'
import { makeHome, query, type TestHome } from './test-home.js'

const homes: TestHome[] = []
const home = (inside?: string): TestHome => {
  const made = makeHome(inside)
  homes.push(made)
  return made
}

afterEach(() => {
  for (const made of homes.splice(0)) made.dispose()
})

describe('startEmbeddedPostgres', () => {
  it('makes a cluster, serves, stops, and keeps the rows for a warm start', async () => {
    const place = home()
    const cold = await startEmbeddedPostgres(place.options())
    const address = cold.connectionString('postgres')
    await query(address, 'create table t as select 1 as n')
    const [facts] = await query(
      address,
      `select current_setting('listen_addresses') as tcp, current_setting('TimeZone') as zone, lower('ÉÇ') as low,
       'éa' < 'z' collate "fr-x-icu" as french, current_setting('synchronous_commit') as sync, current_user as who,
       current_setting('wal_segment_size') as wal_file`,
    )
    const expected = { tcp: '', zone: 'UTC', low: 'éç', french: true, sync: 'on', who: 'fabrique', wal_file: '2MB' }
    expect(facts).toEqual(expected)
    expect(cold.attached).toBe(false)
    expect(statSync(cold.socketDir).mode & 0o777).toBe(0o700)
    await Promise.all([cold.stop(), cold.stop()])
    expect(await cold.exited).toEqual({ pid: cold.pid, code: 0, signal: null })

    const warm = await startEmbeddedPostgres(place.options({ settings: { work_mem: '8MB' } }))
    expect(
      await query(warm.connectionString('postgres'), 'select n, current_setting($$work_mem$$) as m from t'),
    ).toEqual([{ n: 1, m: '8MB' }])
    await warm.stop()
    const kinds = place.events.map((event) => event.kind).join(' ')
    expect(kinds).toBe('initialising starting ready stopping exited starting ready stopping exited')
    expect(readdirSync(place.path).sort()).toEqual(['logs', 'postgres', 'run'])
  })

  it.each([
    ['spaces, accents and a comma', "Données d'été, n° 1"],
    ['a path too long for a socket', join(...Array.from({ length: 6 }, () => 'dossier-plutôt-long'))],
  ])('works in %s', async (_name, inside) => {
    const server = await startEmbeddedPostgres(home(inside).options())
    expect(await query(server.connectionString('postgres'), 'select 1 as n')).toEqual([{ n: 1 }])
    expect(Buffer.byteLength(server.socketDir)).toBeLessThan(90)
    await server.stop()
    // The one in the temp folder has a stable name and stays; nobody will come back for this one.
    rmSync(server.socketDir, { recursive: true })
  })

  it('removes what dead attempts left, and rotates a long log', async () => {
    const place = home()
    mkdirSync(join(place.path, 'postgres.tmp-999999999-00112233aabb', 'base'), { recursive: true })
    mkdirSync(join(place.path, 'logs'))
    writeFileSync(join(place.path, 'logs', 'pg.log'), 'x'.repeat(5 * 1024 * 1024))
    const server = await startEmbeddedPostgres(place.options())
    await server.stop()
    expect(place.events[0]).toMatchObject({ kind: 'leftover_removed' })
    expect(readdirSync(place.path).sort()).toEqual(['logs', 'postgres', 'run'])
    expect(readdirSync(join(place.path, 'logs')).sort()).toEqual(['pg.log', 'pg.log.1'])
    expect(readFileSync(join(place.path, 'logs', 'pg.log'), 'utf8')).toContain('ready to accept connections')
  })

  it('refuses a cluster of another version and a folder with other files', async () => {
    const place = home()
    mkdirSync(place.dataDir)
    writeFileSync(join(place.dataDir, 'notes.txt'), 'mine')
    await expect(startEmbeddedPostgres(place.options())).rejects.toMatchObject({ code: 'postgres_init_failed' })
    writeFileSync(join(place.dataDir, 'PG_VERSION'), '19\n')
    await expect(startEmbeddedPostgres(place.options())).rejects.toMatchObject({ code: 'postgres_folder_newer' })
    expect(readFileSync(join(place.dataDir, 'notes.txt'), 'utf8')).toBe('mine')
  })

  it('reports what the server says when it refuses to start', async () => {
    const failed = startEmbeddedPostgres(home().options({ settings: { no_such_setting: '1' } }))
    await expect(failed).rejects.toMatchObject({ code: 'postgres_start_failed' })
    await expect(failed).rejects.toThrow(/unrecognized configuration parameter "no_such_setting"/)
  })

  it('gives up at the deadline without leaving a process, and starts the next time', async () => {
    let place = home()
    const startLate = () => startEmbeddedPostgres(place.options({ startTimeoutMs: 1 }))
    let late = startLate()
    const wasReady = () =>
      late
        .then((server) => server.stop())
        .then(
          () => true,
          () => false,
        )
    // A machine that was busy elsewhere meanwhile finds it ready at the first look.
    while (await wasReady()) {
      place = home()
      late = startLate()
    }
    await expect(late).rejects.toMatchObject({ code: 'postgres_start_failed' })
    await expect(late).rejects.toThrow(/was not ready after 0.001 s/)
    expect(serverProcesses(place.dataDir)).toEqual([])
    const server = await startEmbeddedPostgres(place.options())
    await server.stop()
  })
})
