import { parseRate } from '@fabrique/contract'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { authenticateRequests } from '../../src/app/authenticate.js'
import {
  type Authenticator,
  mountAuthRoutes,
  mountTokenRoute,
  type OidcSettings,
  openAuthenticator,
  openTokens,
  type Tokens,
} from '../../src/contexts/auth/index.js'
import { openEventStream } from '../../src/platform/events/index.js'
import {
  type ContextOf,
  type LoginGuard,
  makeHttpMetrics,
  makeHttpServer,
  memoryRateStore,
  openLoginGuard,
  requestActor,
} from '../../src/platform/index.js'
import { openTestContext, type TestContext } from './test-context.js'

/** Long enough, and nothing that anybody would try first. */
export const goodPassword = 'a stone under seven maples'

export interface AuthAppOptions {
  readonly isOpenWithoutUsers?: boolean
  readonly isStrict?: boolean
  /** The identity provider, where there is one. */
  readonly oidc?: OidcSettings
  /** Logins of one address; by default more than any test makes. */
  readonly rate?: string
  readonly mount?: (app: FastifyInstance, contextOf: ContextOf, suite: TestContext) => void
}

/** A server with users over a database of its own. */
export interface AuthApp extends TestContext {
  readonly app: FastifyInstance
  readonly authenticator: Authenticator
  readonly tokens: Tokens
  readonly guard: LoginGuard
  ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    more?: InjectOptions,
  ): Promise<LightMyRequestResponse>
  /** Makes a user over the API as an admin; the first one is that admin. Gives the headers of a key of the user. */
  makeUser(name: string, role: string, more?: object): Promise<{ readonly authorization: string }>
}

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openAuthApp(options: AuthAppOptions = {}): Promise<AuthApp> {
  const { isOpenWithoutUsers = true, isStrict = false, rate = '1000/s' } = options
  const suite = await openTestContext()
  const { ctx } = suite
  const { url } = suite.database
  const events = openEventStream({ db: ctx.db, url, applicationName: 'fabrique-test', log: ctx.log, pollMs: 100 })
  const tokens = openTokens(ctx)
  const logins = parseRate(rate)
  if (logins === undefined) throw new Error(`${rate} is no rate`)
  const guard = openLoginGuard({ db: ctx.db, store: memoryRateStore(ctx.clock), clock: ctx.clock, rate: logins })
  const authenticator = await openAuthenticator({ ctx, events, tokens, guard, isOpenWithoutUsers })
  const { clock, ids, log } = ctx
  const app = await makeHttpServer({ clock, ids, log, metrics: makeHttpMetrics(), allowedHosts: ['ml.example'] })
  const contextOf: ContextOf = (request) => ({ ...ctx, actor: requestActor(request), requestId: request.id })
  authenticateRequests(app, { authenticator, allowedHosts: ['ml.example'] })
  mountAuthRoutes(app, { ctx, contextOf, authenticator, guard, tokens, oidc: options.oidc })
  mountTokenRoute(app, { contextOf, guard, tokens, isStrict })
  options.mount?.(app, contextOf, suite)
  await app.ready()
  let admin: { readonly authorization: string } | undefined
  const ask: AuthApp['ask'] = (method, address, more = {}) => app.inject({ method, url: address, ...more })
  return {
    ...suite,
    app,
    authenticator,
    tokens,
    guard,
    ask,
    async makeUser(name, role, more = {}) {
      const headers = admin ?? {}
      const payload = { name, role, password: goodPassword, ...more }
      const made = await ask('POST', '/api/v1/users', { payload, headers })
      if (made.statusCode !== 200) throw new Error(made.payload)
      const basic = { authorization: `Basic ${Buffer.from(`${name}:${goodPassword}`).toString('base64')}` }
      const key = await ask('POST', '/api/v1/keys', { payload: { name: 'test' }, headers: basic })
      if (key.statusCode !== 200) throw new Error(key.payload)
      const own = { authorization: `Bearer ${key.json().key}` }
      admin ??= own
      return own
    },
    close: async () => {
      authenticator.close()
      await app.close()
      await events.close()
      await suite.close()
    },
  }
}
