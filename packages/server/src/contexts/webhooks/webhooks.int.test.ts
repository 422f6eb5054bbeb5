import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Method, makeTestApp, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { openEventStream, silentLog } from '../../platform/index.js'
import {
  createModel,
  createModelVersion,
  deleteAlias,
  moveAlias,
  setModelTag,
  setVersionTag,
} from '../registry/index.js'
import { claimDeliveries, deleteOldDeliveries, deliverOnce } from './deliver.js'
import {
  createWebhook,
  listWebhookDeliveries,
  mountMlflowWebhooks,
  mountWebhookRoutes,
  openWebhookSender,
  updateWebhook,
} from './index.js'
import { webhookEvents } from './model.js'
import { planDeliveries } from './plan-deliveries.js'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let suite: TestApp
let receiver: Server
let url = ''
let received: Received[] = []
/** What the receiver answers next, then 200. */
let answers: number[] = []
const targets = { allowPrivate: true }
const promptTags = { 'mlflow.prompt.is_prompt': 'true' }

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountMlflowWebhooks(app, { contextOf: () => ctx, targets })
    mountWebhookRoutes(app, () => ctx)
  })
  receiver = createServer((request, reply) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      reply.writeHead(answers.shift() ?? 200, { 'content-type': 'text/plain', location: '/elsewhere' }).end('thanks')
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const address = receiver.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook`
})
afterAll(async () => {
  await new Promise((resolve) => receiver?.close(resolve))
  await suite?.close()
})
beforeEach(() => {
  received = []
  answers = []
})
afterEach(() => sql`delete from webhooks`.execute(suite.ctx.db))

const hook = (events: readonly string[], more: { secret?: string; url?: string } = {}) =>
  createWebhook({ ctx: suite.ctx, input: { name: 'hook', url, events: [...events], ...more } })
const plan = async () => {
  while (await planDeliveries(suite.ctx));
}
const deliverDue = async () => {
  const claimed = await claimDeliveries(suite.ctx, 100)
  for (const delivery of claimed) await deliverOnce(suite.ctx, targets, delivery)
  return claimed.length
}
const deliveriesOf = async (webhook: string) =>
  (await listWebhookDeliveries({ ctx: suite.ctx, input: { webhook } })).items
const send = (method: Method, path: string, payload?: object) =>
  suite.send(method, path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`, payload)

let counter = 0
const model = async (tags: Record<string, string> = {}) => {
  counter += 1
  const name = `hooked-${counter}`
  await createModel({ ctx: suite.ctx, input: { name, tags } })
  return name
}
const version = (name: string, tags: Record<string, string> = {}) =>
  createModelVersion({
    ctx: suite.ctx,
    input: { model: name, source: tags['mlflow.prompt.text'] === undefined ? 's3://b/m' : 'dummy-source', tags },
  })

describe('deliveries', () => {
  test('tell what happened, signed, once for each event', async () => {
    const { id } = await hook(webhookEvents, { secret: 'hush' })
    const name = await model({ team: 'a' })
    await version(name)
    await setVersionTag({ ctx: suite.ctx, input: { model: name, version: '1', key: 'k', value: 'v' } })
    await moveAlias({ ctx: suite.ctx, input: { model: name, alias: 'champion', version: '1' } })
    await deleteAlias({ ctx: suite.ctx, input: { model: name, alias: 'champion' } })
    await setModelTag({ ctx: suite.ctx, input: { model: name, key: 'no', value: 'event' } })
    await plan()
    await plan()
    expect(await deliverDue()).toBe(5)
    expect(await deliverDue()).toBe(0)
    const timestamp = suite.clock.now().toISOString()
    expect(received.map(({ body }) => JSON.parse(body))).toEqual(
      expect.arrayContaining([
        {
          entity: 'registered_model',
          action: 'created',
          timestamp,
          data: { name, tags: { team: 'a' }, description: '' },
        },
        {
          entity: 'model_version',
          action: 'created',
          timestamp,
          data: { name, version: '1', source: 's3://b/m', run_id: null, tags: {}, description: null },
        },
        { entity: 'model_version_tag', action: 'set', timestamp, data: { name, version: '1', key: 'k', value: 'v' } },
        {
          entity: 'model_version_alias',
          action: 'created',
          timestamp,
          data: { name, alias: 'champion', version: '1' },
        },
        { entity: 'model_version_alias', action: 'deleted', timestamp, data: { name, alias: 'champion' } },
      ]),
    )
    for (const { headers, body } of received) {
      const { 'x-mlflow-delivery-id': delivery, 'x-mlflow-timestamp': seconds } = headers
      const digest = createHmac('sha256', 'hush').update(`${delivery}.${seconds}.${body}`).digest('base64')
      expect(headers['x-mlflow-signature']).toBe(`v1,${digest}`)
      expect(seconds).toBe(String(Math.floor(suite.clock.now().getTime() / 1000)))
    }
    expect(new Set(received.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(5)
    expect((await deliveriesOf(id)).map(({ state, status_code, attempts }) => [state, status_code, attempts])).toEqual(
      Array.from({ length: 5 }, () => ['delivered', 200, 1]),
    )
  })

  test('of prompts have names of their own, and hide the tags that make them prompts', async () => {
    await hook(webhookEvents)
    const name = await model({ ...promptTags, team: 'a' })
    await version(name, { ...promptTags, 'mlflow.prompt.text': 'Hi {{you}}', style: 'short' })
    await setModelTag({ ctx: suite.ctx, input: { model: name, key: 'k', value: 'v' } })
    await moveAlias({ ctx: suite.ctx, input: { model: name, alias: 'prod', version: '1' } })
    await plan()
    await deliverDue()
    const data = (kind: string) =>
      received.map(({ body }) => JSON.parse(body)).find(({ entity, action }) => `${entity}.${action}` === kind)?.data
    expect(data('prompt.created')).toEqual({ name, tags: { team: 'a' }, description: '' })
    expect(data('prompt_version.created')).toEqual({
      name,
      version: '1',
      template: 'Hi {{you}}',
      tags: { style: 'short' },
      description: null,
    })
    expect(data('prompt_tag.set')).toEqual({ name, key: 'k', value: 'v' })
    expect(data('prompt_alias.created')).toEqual({ name, alias: 'prod', version: '1' })
    expect(received[0]?.headers['x-mlflow-signature']).toBeUndefined()
  })

  test('go to active webhooks that subscribed before it happened', async () => {
    const early = await model()
    const { id } = await hook(['registered_model.created'])
    const other = await hook(['model_version.created'])
    const paused = await hook(['registered_model.created'])
    await updateWebhook({ ctx: suite.ctx, input: { webhook: paused.id, status: 'DISABLED' } })
    suite.clock.advance(10)
    const late = await model()
    await plan()
    await updateWebhook({ ctx: suite.ctx, input: { webhook: paused.id, status: 'ACTIVE' } })
    await plan()
    await deliverDue()
    expect(received.map(({ body }) => JSON.parse(body).data.name)).toEqual([late])
    expect(early).not.toBe(late)
    expect(await deliveriesOf(id)).toHaveLength(1)
    expect(await deliveriesOf(other.id)).toHaveLength(0)
    expect(await deliveriesOf(paused.id)).toHaveLength(0)
  })

  test('are one for each event when several servers plan and send at once', async () => {
    const { id } = await hook(['registered_model.created'])
    await Promise.all(Array.from({ length: 30 }, () => model()))
    await Promise.all([plan(), plan(), plan()])
    const counts = await Promise.all([deliverDue(), deliverDue(), deliverDue()])
    expect(counts.reduce((sum, count) => sum + count)).toBe(30)
    expect(received).toHaveLength(30)
    expect(new Set(received.map(({ body }) => body)).size).toBe(30)
    expect(await deliveriesOf(id)).toHaveLength(30)
  })

  test('that are answered with 5xx come again, later each time, with the same id and body', async () => {
    const { id } = await hook(['registered_model.created'])
    await model()
    await plan()
    answers = [500, 429, 200]
    expect(await deliverDue()).toBe(1)
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'waiting', status_code: 500, attempts: 1 }])
    expect(await deliverDue()).toBe(0)
    suite.clock.advance(1300)
    expect(await deliverDue()).toBe(1)
    suite.clock.advance(1300)
    expect(await deliverDue()).toBe(0)
    suite.clock.advance(1300)
    expect(await deliverDue()).toBe(1)
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'delivered', status_code: 200, attempts: 3 }])
    expect(new Set(received.map(({ headers, body }) => `${headers['x-mlflow-delivery-id']} ${body}`)).size).toBe(1)
  })

  test('end failed after the last attempt, and at once where trying again would not help', async () => {
    const { id } = await hook(['registered_model.created'])
    await model()
    await plan()
    answers = Array.from({ length: 20 }, () => 503)
    let attempts = 0
    for (let round = 0; round < 20; round += 1) {
      attempts += await deliverDue()
      suite.clock.advance(700_000)
    }
    expect(attempts).toBe(10)
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'failed', attempts: 10, status_code: 503 }])
    for (const status of [404, 302]) {
      answers = [status]
      await model()
      await plan()
      await deliverDue()
      expect((await deliveriesOf(id))[0]).toMatchObject({ state: 'failed', attempts: 1, status_code: status })
    }
  })

  test('whose receiver is away wait; a deleted webhook takes them along', async () => {
    const { id } = await hook(['registered_model.created'], { url: 'http://127.0.0.1:1/' })
    await model()
    await plan()
    await deliverDue()
    expect(await deliveriesOf(id)).toMatchObject([
      { state: 'waiting', attempts: 1, error: expect.stringContaining('ECONNREFUSED') },
    ])
    expect((await send('DELETE', `webhooks/${id}`)).status).toBe(200)
    suite.clock.advance(700_000)
    expect(await deliverDue()).toBe(0)
  })

  test('of a server that died while sending are sent again when its lease ends, under the same id', async () => {
    const { id } = await hook(['registered_model.created'])
    await model()
    await plan()
    const [claimed] = await claimDeliveries(suite.ctx, 10)
    expect(await deliverDue()).toBe(0)
    suite.clock.advance(61_000)
    expect(await deliverDue()).toBe(1)
    expect(received[0]?.headers['x-mlflow-delivery-id']).toBe(claimed?.id)
    // The first one was only slow: what it writes now counts no more.
    answers = [500]
    if (claimed !== undefined) await deliverOnce(suite.ctx, targets, claimed)
    expect(await deliveriesOf(id)).toMatchObject([{ state: 'delivered', attempts: 2 }])
  })

  test('never reach a host that became private after the webhook was made', async () => {
    const { id } = await hook(['registered_model.created'], {
      url: url.replace('http:', 'https:').replace('127.0.0.1', 'rebound.example'),
    })
    await model()
    await plan()
    const rebound = { allowPrivate: false, resolve: async () => [{ address: '127.0.0.1', family: 4 }] }
    for (const delivery of await claimDeliveries(suite.ctx, 1)) await deliverOnce(suite.ctx, rebound, delivery)
    expect(received).toHaveLength(0)
    const [delivery] = await deliveriesOf(id)
    expect(delivery).toMatchObject({ state: 'failed', error: expect.stringContaining('non-public') })
  })

  test('are kept up to a number', async () => {
    const { id } = await hook(['registered_model.created'])
    await sql`
      insert into webhook_deliveries (id, webhook_id, event_id, event, body, state, created_at)
      select 'old-' || n, ${id}, 1000000 + n, 'registered_model.created', '', 'failed', now() from generate_series(1, 1200) n
    `.execute(suite.ctx.db)
    expect(await deleteOldDeliveries(suite.ctx)).toBe(200)
    const first = await listWebhookDeliveries({ ctx: suite.ctx, input: { webhook: id, limit: 600 } })
    const second = await listWebhookDeliveries({
      ctx: suite.ctx,
      input: { webhook: id, limit: 600, page_token: first.next_page_token },
    })
    expect([first.items.length, second.items.length, second.next_page_token]).toEqual([600, 400, undefined])
  })

  test('go out by themselves while a server runs', async () => {
    const realTime = { ...suite.ctx, clock: { ...suite.ctx.clock, now: () => new Date() } }
    const events = openEventStream({
      db: suite.ctx.db,
      url: suite.database.url,
      applicationName: 'fabrique webhooks test',
      log: silentLog,
      pollMs: 100,
    })
    const sender = openWebhookSender({ ctx: realTime, events, targets, pollMs: 100 })
    const input = { name: 'live', url, events: ['registered_model.created'] }
    await createWebhook({ ctx: realTime, input })
    await createModel({ ctx: realTime, input: { name: 'sent-by-itself' } })
    await expect.poll(() => received.length).toBe(1)
    await sender.close()
    await events.close()
  })
})

describe('the protocol', () => {
  const wire = { name: 'w', events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }] }

  test('makes, shows, changes, tests and deletes webhooks, and never shows a secret', async () => {
    const made = await send('POST', 'webhooks', { ...wire, url, description: 'd', secret: 'hush' })
    expect(made).toEqual({
      status: 200,
      body: {
        webhook: {
          webhook_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          name: 'w',
          description: 'd',
          url,
          events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
          status: 'ACTIVE',
          creation_timestamp: suite.clock.now().getTime(),
          last_updated_timestamp: suite.clock.now().getTime(),
        },
      },
    })
    const { webhook_id: id }: { webhook_id: string } = made.body.webhook
    const events = [{ entity: 7, action: 4 }]
    const changed = await send('PATCH', `webhooks/${id}`, { status: 'DISABLED', events, description: '' })
    expect(changed.body.webhook).toMatchObject({
      name: 'w',
      status: 'DISABLED',
      events: [{ entity: 'PROMPT_TAG', action: 'SET' }],
    })
    expect((await send('GET', `webhooks/${id}`)).body).toEqual(changed.body)
    expect((await send('GET', 'webhooks')).body).toEqual({ webhooks: [changed.body.webhook] })
    const tried = await send('POST', `webhooks/${id}/test`, {})
    expect(tried.body).toEqual({ result: { success: true, response_status: 200, response_body: 'thanks' } })
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      entity: 'prompt_tag',
      action: 'set',
      data: { key: 'example_key' },
    })
    answers = [500]
    const failed = await send('POST', `webhooks/${id}/test`, { event: { entity: 'PROMPT', action: 'CREATED' } })
    expect(failed.body).toEqual({ result: { success: false, response_status: 500, response_body: 'thanks' } })
    const own = await send('GET', '/api/v1/webhooks')
    expect(own.body.items).toEqual([expect.objectContaining({ id, events: ['prompt_tag.set'], status: 'DISABLED' })])
    for (const { body } of [made, changed, own]) expect(JSON.stringify(body)).not.toContain('hush')
    expect(await send('DELETE', `webhooks/${id}`)).toEqual({ status: 200, body: {} })
    expect((await send('GET', 'webhooks')).body).toEqual({})
  })

  test.each<[string, Parameters<typeof send>, number, string]>([
    ['a webhook that is not there', ['GET', 'webhooks/nope'], 404, 'Webhook with ID nope not found.'],
    ['deleting one', ['DELETE', 'webhooks/nope'], 404, 'Webhook with ID nope not found.'],
    ['testing one', ['POST', 'webhooks/nope/test', {}], 404, 'Webhook with ID nope not found.'],
    ['changing one', ['PATCH', 'webhooks/nope', {}], 404, 'Webhook with ID nope not found.'],
    [
      'no name',
      ['POST', 'webhooks', { ...wire, name: '', url: 'http://127.0.0.1/' }],
      400,
      "Missing value for required parameter 'name'",
    ],
    [
      'a name with a space',
      ['POST', 'webhooks', { ...wire, name: 'a b', url: 'http://127.0.0.1/' }],
      400,
      "Webhook name 'a b' is invalid.",
    ],
    [
      'a name of 64',
      ['POST', 'webhooks', { ...wire, name: 'x'.repeat(64), url: 'http://127.0.0.1/' }],
      400,
      'is invalid',
    ],
    ['no address', ['POST', 'webhooks', wire], 400, "Missing value for required parameter 'url'"],
    [
      'an address of another scheme',
      ['POST', 'webhooks', { ...wire, url: 'file:///etc/passwd' }],
      400,
      'Invalid webhook URL',
    ],
    [
      'no events',
      ['POST', 'webhooks', { name: 'w', url: 'http://127.0.0.1/', events: [] }],
      400,
      "Missing value for required parameter 'events'",
    ],
    [
      'an event that does not happen',
      ['POST', 'webhooks', { ...wire, url: 'http://127.0.0.1/', events: [{ entity: 'PROMPT', action: 'DELETED' }] }],
      400,
      "Invalid action 'deleted' for entity 'prompt'. Valid actions are: ['created']",
    ],
    [
      'an entity that does not exist',
      ['POST', 'webhooks', { ...wire, url: 'http://127.0.0.1/', events: [{ entity: 'RUN', action: 'CREATED' }] }],
      400,
      'Invalid value "RUN"',
    ],
    ['a page that is too long', ['GET', 'webhooks?max_results=1001'], 400, 'max_results must be between 1 and 1000'],
    [
      'deliveries of one that is not there',
      ['GET', '/api/v1/webhooks/nope/deliveries'],
      404,
      'Webhook nope does not exist',
    ],
  ])('refuses %s', async (_name, call, status, text) => {
    const reply = await send(...call)
    expect({ status: reply.status, text: JSON.stringify(reply.body).replaceAll('\\"', '"') }).toEqual({
      status,
      text: expect.stringContaining(text),
    })
  })

  test('refuses private hosts unless they are allowed', async () => {
    const strict = await makeTestApp(suite.ctx, (app, ctx) =>
      mountMlflowWebhooks(app, { contextOf: () => ctx, targets: { allowPrivate: false } }),
    )
    for (const address of [
      url,
      url.replace('http:', 'https:'),
      'https://localhost/',
      'https://[::1]/',
      'https://0x7f.1/',
    ]) {
      const payload = { ...wire, url: address }
      const reply = await strict.inject({ method: 'POST', url: '/api/2.0/mlflow/webhooks', payload })
      expect([address, reply.statusCode]).toEqual([address, 400])
    }
    const { id } = await hook(['registered_model.created'])
    const changed = await strict.inject({
      method: 'PATCH',
      url: `/api/2.0/mlflow/webhooks/${id}`,
      payload: { url: 'https://10.0.0.1/' },
    })
    expect(changed.statusCode).toBe(400)
    const tried = await strict.inject({ method: 'POST', url: `/api/2.0/mlflow/webhooks/${id}/test`, payload: {} })
    expect(tried.json()).toMatchObject({
      result: { success: false, error_message: expect.stringContaining('not allowed') },
    })
    expect(received).toHaveLength(0)
    await strict.close()
  })
})
