import { isFabriqueError, parseRate } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Authenticator,
  credentialsOf,
  makeAdminLink,
  makeProgramKey,
  mountAuthRoutes,
  mountTokenRoute,
  openAuthenticator,
  openTokens,
} from '../contexts/auth/index.js'
import { limit, present } from '../kernel/index.js'
import {
  type ContextOf,
  type EventStream,
  endStreams,
  openLoginGuard,
  type RateStore,
  type VerbContext,
} from '../platform/index.js'
import type { Config } from './config/index.js'
import { isLoopback } from './loopback.js'
import { oidcSettings } from './oidc-settings.js'

export interface OpenAuthOptions {
  readonly config: Config
  readonly ctx: VerbContext
  readonly events: EventStream
  readonly rates: RateStore
}

/** Who may use a server, as one process knows it. */
export interface Auth {
  readonly authenticator: Authenticator
  mount(app: FastifyInstance, contextOf: ContextOf): void
  /** What the owner of the machine needs to get in. */
  entrance(): Promise<Entrance>
  close(): void
}

/** For the terminal of who started the server; written to no log. */
export interface Entrance {
  /** The secret of a one-time link that makes an admin, where others could come in and there is none yet. */
  readonly adminLink?: string
  /** For what the command that started the server asks it, where a login is needed. */
  readonly key?: string
}

export async function openAuth({ config, ctx, events, rates }: OpenAuthOptions): Promise<Auth> {
  const tokens = openTokens(ctx)
  const rate = present(parseRate(config.rate_login), 'The rate of logins, which the settings have checked,')
  const guard = openLoginGuard({ db: ctx.db, store: rates, clock: ctx.clock, rate })
  const oidc = oidcSettings(config)
  const isOpenWithoutUsers = isLoopback(config.host) || config.allow_open_bind
  const authenticator = await openAuthenticator({ ctx, events, tokens, guard, isOpenWithoutUsers })
  /** Ends the streams of those who may not read them any more. */
  const endThose = () => endStreams((request) => mayGoOn(authenticator, request))
  const later = (err: unknown) => ctx.log.debug({ err }, 'Open streams are looked at later')
  const unsubscribe = events.subscribe((news) => {
    const isConcerned = news.some(
      ({ kind, payload }) =>
        (kind === 'user.changed' || kind === 'key.changed') && !takesNothing.has(`${kind} ${payload.change}`),
    )
    // Once it is known that there is a first user: until then everybody may read.
    if (isConcerned) void authenticator.forget().then(endThose).catch(later)
  })
  // Logins that end by time, or for newer ones, tell nobody.
  const timer = setInterval(() => void endThose().catch(later), limit('auth.streams_ms'))
  timer.unref()
  return {
    authenticator,
    mount(app, contextOf) {
      mountAuthRoutes(app, { ctx, contextOf, authenticator, guard, tokens, oidc })
      mountTokenRoute(app, { contextOf, guard, tokens, isStrict: config.token_errors === 'rfc6749' })
    },
    async entrance() {
      if (authenticator.isOpen() && !config.admin_link) return {}
      const isWanted = config.admin_link || !authenticator.hasUsers()
      return {
        ...(isWanted ? { adminLink: await makeAdminLink(ctx) } : {}),
        ...(authenticator.isOpen() ? {} : { key: await makeProgramKey({ ctx, input: {} }) }),
      }
    },
    close() {
      clearInterval(timer)
      unsubscribe()
      authenticator.close()
    },
  }
}

/** Changes of users and keys that leave everybody what they may; with the first user it ends that nobody needs to log in. */
const takesNothing: ReadonlySet<string> = new Set([
  'key.changed created',
  ...['logged in', 'token made', 'password link'].map((change) => `user.changed ${change}`),
])

/** Whether who opened a stream may read it now. While that cannot be asked, it goes on. */
async function mayGoOn(authenticator: Authenticator, request: FastifyRequest): Promise<boolean> {
  const { access } = request.routeOptions.config
  if (access === 'public') return true
  try {
    const actor = await authenticator.check(credentialsOf(request))
    return actor.kind !== 'nobody' && (access === undefined || actor.permissions.has(access))
  } catch (error) {
    return !isFabriqueError(error) || ![401, 403].includes(error.spec.status)
  }
}
