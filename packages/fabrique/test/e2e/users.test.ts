import type { FlowLogLine, FlowRun } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, projectOf, type RunningFabrique, runFabrique, startFabrique } from '../support/running-fabrique.js'

const config = `
import { defineProject, flow } from 'fabrique'

const log = flow('log', {}, async (step) => {
  await step.command('create a run', ['node', 'log.mjs'])
})

export default defineProject({ name: 'tools', datasets: [], flows: [log] })
`

/** What a client of MLflow does with the variables it is given. */
const program = `
const { MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN } = process.env
const reply = await fetch(MLFLOW_TRACKING_URI + '/api/2.0/mlflow/runs/create', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + MLFLOW_TRACKING_TOKEN },
  body: JSON.stringify({ experiment_id: '0' }),
})
console.log('answered', reply.status)
const anonymous = await fetch(MLFLOW_TRACKING_URI + '/api/2.0/mlflow/experiments/get?experiment_id=0')
console.log('anonymous', anonymous.status)
`

const password = 'a stone under seven maples'
let folder: string
let fabrique: RunningFabrique

beforeAll(async () => {
  folder = projectOf({
    'fabrique.config.ts': config,
    'package.json': '{"name":"tools","type":"module"}',
    'log.mjs': program,
  })
  fabrique = await startFabrique(folder, ['--host', '0.0.0.0', '--port', '0'], await databaseOf(folder))
})
afterAll(() => cleanUp(folder))

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${fabrique.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

test('a server that others reach is closed until its owner makes an admin, and everything goes on with a login', async () => {
  expect((await fetch(`${fabrique.url}/api/v1/models`)).status).toBe(401)
  expect((await fetch(`${fabrique.url}/health`)).status).toBe(200)
  const [, link = ''] = /\/login#link=([0-9A-Za-z]{43})/.exec(fabrique.output()) ?? []
  expect(link).not.toBe('')

  const admin = await post('/api/v1/first-admin', { link, name: 'anna', password })
  expect(admin.status).toBe(200)
  expect((await post('/api/v1/first-admin', { link, name: 'eve', password })).status).toBe(403)
  const cookie = admin.headers.get('set-cookie')?.split(';')[0] ?? ''
  const made = await post('/api/v1/keys', { name: 'e2e' }, { cookie })
  const { key } = (await made.json()) as { key: string }

  // The command line, without and with the key.
  const refused = await runFabrique(['status', '--url', fabrique.url])
  expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('login_required')])
  const status = await runFabrique(['status', '--url', fabrique.url], { FABRIQUE_API_KEY: key })
  expect([status.status, status.stderr]).toEqual([0, ''])

  // A user who chooses the password by a link that a command prints.
  const users = (args: readonly string[]) =>
    runFabrique(['users', ...args, '--url', fabrique.url], { FABRIQUE_API_KEY: key })
  const added = await users(['add', 'cleo', '--role', 'editor', '--link'])
  expect([added.status, added.stderr]).toEqual([0, expect.stringContaining('cleo')])
  const [, secret = ''] = /\/login#password=([0-9A-Za-z]{43})\n$/.exec(added.stdout) ?? []
  expect((await post('/api/v1/password-link', { link: secret, password })).status).toBe(200)
  expect((await users(['set-models', 'cleo', '--model', 'churn', '--json'])).stdout).toContain('"churn"')
  const anew = JSON.parse((await users(['link', 'cleo', '--json'])).stdout) as { link: string; user: string }
  expect([anew.user, anew.link.length]).toEqual(['cleo', 43])
  expect((await post('/api/v1/password-link', { link: secret, password })).status).toBe(403)

  // A program that the worker starts is let in by a key of its own.
  const ran = await runFabrique(['flows', 'run', 'tools/log', '--wait', '--json', '--url', fabrique.url], {
    FABRIQUE_API_KEY: key,
  })
  expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('COMPLETED')])
  const run = JSON.parse(ran.stdout) as FlowRun
  const reply = await fetch(`${fabrique.url}/api/v1/flow-runs/${run.id}/logs?limit=1000`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { items } = (await reply.json()) as { items: FlowLogLine[] }
  const lines = items.map(({ text }) => text)
  expect(lines).toContain('answered 200')
  expect(lines).toContain('anonymous 401')
})
