import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FlowRun, FlowStep } from '@fabrique/contract'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@fabrique/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, getJson, projectOf, startRole, until } from '../support/running-fabrique.js'

/** Seconds that one host is cut off: given by the suite of foreign clients, where namespaces of networks may be made. */
const cutSeconds = Number(process.env.TEST_FLOW_PARTITION ?? 0)
const stepsCount = 12
const bridge = `fbr${process.pid}`.slice(0, 15)
const address = (host: number) => `10.213.77.${host}`

const config = `
import { defineProject, flow } from 'fabrique'

const drill = flow('drill', {}, async (step) => {
  for (let index = 0; index < ${stepsCount}; index += 1) {
    await step.run('step-' + index, async () => {
      await new Promise((resolve) => setTimeout(resolve, 3000))
      return process.env.DRILL_HOST
    })
  }
})

export default defineProject({ name: 'drill', datasets: [], flows: [drill] })
`

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
const namespaceOf = (host: string) => `fabrique-${host}-${process.pid}`
const linkOf = (host: string) => `f${host}${process.pid}`.slice(0, 15)

/** A host of its own on the bridge. */
function makeHost(host: string, number: number): void {
  const [name, link] = [namespaceOf(host), linkOf(host)]
  ip('netns', 'add', name)
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  ip('link', 'set', link, 'master', bridge)
  ip('link', 'set', link, 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  ip('-n', name, 'addr', 'add', `${address(number)}/24`, 'dev', 'eth0')
  ip('-n', name, 'link', 'set', 'eth0', 'up')
}

describe.skipIf(cutSeconds === 0)('two hosts and one PostgreSQL', () => {
  let folder: string
  let place: string
  let postgres: EmbeddedPostgres
  let databaseUrl: string
  let road: Server
  let url: string
  const roles: ReturnType<typeof startRole>[] = []
  const hosts = ['a', 'b']

  beforeAll(async () => {
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('addr', 'add', `${address(1)}/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    for (const [index, host] of hosts.entries()) makeHost(host, index + 2)
    place = mkdtempSync(join(tmpdir(), 'fabrique-partition-'))
    postgres = await startEmbeddedPostgres({ dataDir: join(place, 'postgres'), logFile: join(place, 'postgres.log') })
    // The server listens on its Unix socket alone: hosts reach it through the bridge.
    road = createServer((host) => {
      const database = connect(join(postgres.socketDir, `.s.PGSQL.${postgres.port}`))
      host.on('error', () => database.destroy()).pipe(database)
      database.on('error', () => host.destroy()).pipe(host)
    })
    await new Promise<void>((resolve) => road.listen(postgres.port, address(1), resolve))
    databaseUrl = `postgresql://fabrique@${address(1)}:${postgres.port}/postgres`
    folder = projectOf({ 'fabrique.config.ts': config, 'package.json': '{"name":"drill","type":"module"}' })
  })
  afterAll(async () => {
    for (const { child } of roles) child.kill('SIGKILL')
    for (const host of hosts) ip('netns', 'del', namespaceOf(host))
    ip('link', 'del', bridge)
    await cleanUp(folder)
    road.close()
    await postgres.stop()
    rmSync(place, { recursive: true, force: true })
  })

  test(
    `one is cut off for ${cutSeconds} s: its runs are taken over, and its late commits are refused`,
    async () => {
      const port = 20_000 + (process.pid % 20_000)
      const env = { DATABASE_URL: databaseUrl }
      roles.push(startRole(['server', folder, '--port', String(port)], env))
      url = `http://127.0.0.1:${port}`
      await until('the server answers', async () => (await fetch(`${url}/status`).catch(() => undefined))?.ok === true)
      const output = { text: '' }
      const startWorker = (host: string, runsMax: number) => {
        const role = startRole(
          ['worker', folder, '--data-dir', join(place, host)],
          { ...env, DRILL_HOST: host, FABRIQUE_FLOW_RUNS_MAX: String(runsMax), FABRIQUE_LOG_FORMAT: 'json' },
          ['ip', 'netns', 'exec', namespaceOf(host)],
        )
        roles.push(role)
        return role
      }
      const ids: string[] = []
      const startRuns = async (count: number) => {
        for (let index = 0; index < count; index += 1) {
          const reply = await fetch(`${url}/api/v1/projects/drill/flows/drill/runs`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
          })
          ids.push(((await reply.json()) as FlowRun).id)
        }
      }
      // One has its hands full before the other is there, which has room for all.
      const { stdout, stderr } = startWorker('b', 3).child
      for (const stream of [stdout, stderr]) {
        stream?.on('data', (text) => {
          output.text += text
        })
      }
      await until('a worker is there', async () => {
        const { items } = await getJson<{ items: { state: string }[] }>(`${url}/api/v1/flow-workers`)
        return items.length === 1
      })
      await startRuns(3)
      const runs = () => Promise.all(ids.map((id) => getJson<FlowRun>(`${url}/api/v1/flow-runs/${id}`)))
      await until('it has them', async () => (await runs()).every(({ worker }) => worker !== undefined))
      startWorker('a', 6)
      await startRuns(3)
      await until('each has runs that got further', async () => {
        const found = await runs()
        return found.every(({ steps_done }) => steps_done >= 2) && new Set(found.map(({ worker }) => worker)).size === 2
      })
      ip('link', 'set', linkOf('b'), 'down')
      const cutAt = Date.now()
      await until('its runs are in other hands', async () => {
        const found = await runs()
        const workers = new Set(found.map(({ worker }) => worker))
        return (
          found.filter(({ take_overs }) => take_overs > 0).length === 3 && workers.size === 1 && !workers.has(undefined)
        )
      })
      const takenMs = Date.now() - cutAt
      await sleep(Math.max(0, cutSeconds * 1000 - takenMs))
      ip('link', 'set', linkOf('b'), 'up')
      await until('all are over', async () => (await runs()).every(({ state }) => state.type === 'COMPLETED'))

      const ended = await runs()
      const taken = ended.filter(({ take_overs }) => take_overs > 0)
      expect(taken.length).toBeGreaterThan(0)
      for (const { id } of taken) {
        const { items } = await getJson<{ items: FlowStep[] }>(`${url}/api/v1/flow-runs/${id}/steps`)
        expect(items.map(({ state }) => state.name)).toEqual(Array.from({ length: stepsCount }, () => 'Completed'))
        const crashed = items.filter(({ attempts }) => attempts.some(({ state }) => state === 'crashed'))
        expect(crashed.length).toBe(1)
        // What the host that was cut off made of it does not count.
        expect(crashed.map(({ result }) => result)).toEqual(['a'])
      }
      await until('the late commits were refused', () => output.text.includes('flow_run_taken_over'))
      console.log(`${taken.length} of ${ended.length} runs were taken over, ${takenMs} ms after the cut`)
    },
    (cutSeconds + 300) * 1000,
  )
})
