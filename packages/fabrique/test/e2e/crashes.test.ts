import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  cleanUp,
  copyOfIris,
  getJson,
  killAll,
  killHard,
  postmasterOf,
  predict,
  processesOf,
  type RunningFabrique,
  startFabrique,
  until,
} from '../support/running-fabrique.js'

const runsOf = async (url: string) => (await getJson<{ items: Run[] }>(`${url}/api/v1/projects/iris/runs`)).items

const isUp = (url: string) => async () => {
  const status = await getJson<{ state: string }>(`${url}/status`).catch(() => undefined)
  return status?.state === 'up'
}

describe('after kill -9, one after the other in one installation,', () => {
  let folder: string
  let fabrique: RunningFabrique
  beforeAll(() => {
    folder = copyOfIris()
  })
  afterAll(() => cleanUp(folder))

  test('in the middle of the first loop, the next start finishes it in the same run, and goes on without its server', async () => {
    // The snapshot is there: the run has begun or is about to, unless this machine told of it late.
    let killed = false
    const starting = startFabrique(folder, ['--port', '0'], {}, (output) => {
      if (killed || !output.includes('Snapshot')) return
      killed = true
      killAll(folder)
    })
    await starting.catch(() => undefined)
    expect(killed).toBe(true)
    await until('every process is gone', () => processesOf(folder).all.length === 0)
    // That of its server, while the loop is followed, does not end a start.
    let serverKilled = false
    fabrique = await startFabrique(folder, ['--port', '0'], {}, (output) => {
      const pid = serverKilled || !output.includes('Loop of model') ? undefined : processesOf(folder).part('server')
      if (pid === undefined) return
      serverKilled = true
      process.kill(pid, 'SIGKILL')
    })
    expect(serverKilled).toBe(true)
    expect((await predict(fabrique.url)).body).toMatchObject({ version: '1', prediction: 'setosa' })
    const runs = await runsOf(fabrique.url)
    expect(runs.map(({ status }) => status)).toEqual(['FINISHED'])
  })

  test.each(['server', 'worker'])('of the %s, it is started again', async (part) => {
    const pid = processesOf(folder).part(part)
    killHard(pid)
    await until(`another ${part} runs`, () => {
      const now = processesOf(folder).part(part)
      return now !== undefined && now !== pid
    })
    await until('everything is up', isUp(fabrique.url))
    expect((await predict(fabrique.url)).body.version).toBe('1')
    expect(await runsOf(fabrique.url)).toHaveLength(1)
  })

  test('of the database, predictions go on and everything else comes back', async () => {
    const postmaster = postmasterOf(folder)
    killHard(postmaster)
    for (let request = 0; request < 20; request += 1) {
      expect((await predict(fabrique.url)).status).toBe(200)
      await sleep(20)
    }
    await until('there is another database server', () => ![undefined, postmaster].includes(postmasterOf(folder)))
    await until('the database is back', isUp(fabrique.url))
    expect(await runsOf(fabrique.url)).toHaveLength(1)
  })

  test('of the database while what it has begun does not let go, predictions go on, and it is started once that does', async () => {
    const postmaster = postmasterOf(folder)
    // It holds the memory of the server; connections end with theirs.
    const checkpointer = Number(readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ')[0])
    process.kill(checkpointer, 'SIGSTOP')
    killHard(postmaster)
    const log = join(folder, '.fabrique', 'logs', 'supervisor.1.log')
    await until('a start failed', () => readFileSync(log, 'utf8').includes('The database does not start yet'))
    expect((await predict(fabrique.url)).status).toBe(200)
    process.kill(checkpointer, 'SIGCONT')
    await until('the database is back', isUp(fabrique.url))
    expect(await runsOf(fabrique.url)).toHaveLength(1)
  })

  test('of the supervisor alone, parts end and the next start takes over the database', async () => {
    const postmaster = postmasterOf(folder)
    process.kill(fabrique.pid, 'SIGKILL')
    await until('server and worker are gone', () => {
      const found = processesOf(folder)
      return found.part('server') === undefined && found.part('worker') === undefined
    })
    fabrique = await startFabrique(folder)
    expect(postmasterOf(folder)).toBe(postmaster)
    expect((await predict(fabrique.url)).body.version).toBe('1')
  })

  test('of everything, the next start serves the same version, trains nothing, and ends cleanly', async () => {
    const before = await predict(fabrique.url)
    killAll(folder)
    await until('every process is gone', () => processesOf(folder).all.length === 0)
    fabrique = await startFabrique(folder)
    expect((await predict(fabrique.url)).body).toMatchObject({ version: before.body.version, prediction: 'setosa' })
    expect(await runsOf(fabrique.url)).toHaveLength(1)
    await fabrique.end('SIGINT')
    expect(processesOf(folder).all).toEqual([])
  })
})
