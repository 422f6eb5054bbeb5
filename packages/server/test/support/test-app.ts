import type { FastifyInstance } from 'fastify'
import { expect } from 'vitest'
import { makeHttpMetrics, makeHttpServer } from '../../src/platform/index.js'
import type { VerbContext } from '../../src/platform/verbs/index.js'
import { openTestContext, type TestContext } from './test-context.js'

/** Mounts the routes that a test asks for. */
export type Mount = (app: FastifyInstance, ctx: VerbContext) => void | Promise<void>

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A test context with routes over it. */
export interface TestApp extends TestContext {
  readonly app: FastifyInstance
  /** Status and JSON body of the answer. */
  readonly send: ReturnType<typeof sender>
  /** The JSON body of the answer to a call that must succeed. */
  readonly ok: ReturnType<typeof okSender>
}

/** Routes over a context; for hosts of its own, or a context that is changed. */
export async function makeTestApp(
  ctx: VerbContext,
  mount: Mount,
  allowedHosts: readonly string[] = ['*'],
): Promise<FastifyInstance> {
  const { clock, ids, log } = ctx
  const app = await makeHttpServer({ clock, ids, log, metrics: makeHttpMetrics(), allowedHosts })
  await mount(app, ctx)
  await app.ready()
  return app
}

const sender = (app: FastifyInstance) => async (method: Method, url: string, payload?: object) => {
  const reply = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) })
  return { status: reply.statusCode, body: reply.json() }
}

const okSender = (send: ReturnType<typeof sender>) => async (method: Method, url: string, payload?: object) => {
  const { status, body } = await send(method, url, payload)
  expect({ status, body }).toMatchObject({ status: 200 })
  return body
}

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openTestApp(
  mount: (app: FastifyInstance, ctx: VerbContext, suite: TestContext) => void | Promise<void>,
): Promise<TestApp> {
  const suite = await openTestContext()
  try {
    const app = await makeTestApp(suite.ctx, (routes, ctx) => mount(routes, ctx, suite))
    const send = sender(app)
    const close = async () => {
      await app.close()
      await suite.close()
    }
    return { ...suite, app, send, ok: okSender(send), close }
  } catch (error) {
    await suite.close()
    throw error
  }
}
