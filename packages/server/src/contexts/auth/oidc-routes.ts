import { FabriqueError, isFabriqueError, routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type ContextOf, type LoginGuard, mountRoute, toFabriqueError, type VerbContext } from '../../platform/index.js'
import { admitIdentity } from './admit-identity.js'
import type { Authenticator } from './authenticator.js'
import { type IdentityProvider, type OidcSettings, openIdentityProvider } from './identity-provider.js'
import { type LoginSeal, openLoginSeal } from './sealed-attempt.js'
import { isSecure } from './session-cookie.js'
import type { UserRow } from './store.js'

export interface OidcRoutesOptions {
  readonly contextOf: ContextOf
  readonly authenticator: Authenticator
  readonly guard: LoginGuard
  /** Absent where there is no provider. */
  readonly settings: OidcSettings | undefined
  /** Where the cookie of a login and the settings live. */
  readonly ctx: VerbContext
  /** Begins a session; the cookie goes with the reply. */
  begin(ctx: VerbContext, user: UserRow, request: FastifyRequest, reply: FastifyReply): Promise<unknown>
}

const cookieName = 'fabrique_oidc'
const cookiePath = '/api/v1/oidc'
const cookiePattern = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]+)`)

/**
 * Login at an identity provider: the code flow of OpenID Connect with PKCE, state and nonce. Both routes are for browsers: what goes wrong
 * is told by the login page.
 */
export function mountOidcRoutes(app: FastifyInstance, options: OidcRoutesOptions): void {
  const { settings, ctx: base } = options
  const provider = settings && openIdentityProvider({ settings, clock: base.clock, ids: base.ids })
  const seal = openLoginSeal(base)
  mountRoute(app, routes.beginOidcLogin, async ({ request, reply, query }) => {
    const next = ownPage(query.next)
    return orToLogin(options, { request, reply, next }, async () => {
      if (provider === undefined) throw new FabriqueError('oidc_not_configured', {})
      const { attempt, address } = await provider.begin(redirectUrlOf(request, settings))
      setCookie(request, reply, await seal.seal({ ...attempt, next }))
      return address
    })
  })
  mountRoute(app, routes.finishOidcLogin, async ({ request, reply }) => {
    const pending = await pendingOf(request, seal)
    // It serves once, whatever comes of it.
    setCookie(request, reply, undefined)
    const next = pending?.next ?? '/'
    return orToLogin(options, { request, reply, next }, async () => {
      if (provider === undefined || settings === undefined) throw new FabriqueError('oidc_not_configured', {})
      const { address: from, query } = placeOf(request)
      await options.guard.admit({ address: from })
      if (pending === undefined)
        throw new FabriqueError('oidc_failed', {}, { cause: new Error('No login is under way') })
      const user = await finish(options, provider, { settings, request, pending, query })
      await options.begin(options.contextOf(request), user, request, reply)
      await options.guard.succeeded({ address: from })
      return next
    })
  })
}

interface Finish {
  readonly settings: OidcSettings
  readonly request: FastifyRequest
  readonly pending: Parameters<IdentityProvider['finish']>[0]
  readonly query: string
}

async function finish(
  { contextOf, authenticator }: OidcRoutesOptions,
  provider: IdentityProvider,
  { settings, request, pending, query }: Finish,
): Promise<UserRow> {
  const identity = await provider.finish(pending, query)
  try {
    return await admitIdentity(contextOf(request), settings, identity)
  } finally {
    // A new user, a role that is taken away, or all of them: it holds before it is answered.
    await authenticator.forget()
  }
}

interface Redirect {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly next: string
}

/** Goes where the work says, or to the login page, which tells what went wrong and keeps where one wanted to go. */
async function orToLogin(
  { contextOf }: OidcRoutesOptions,
  { request, reply, next }: Redirect,
  work: () => Promise<string>,
): Promise<FastifyReply> {
  reply.header('cache-control', 'no-store')
  try {
    return reply.redirect(await work(), 303)
  } catch (thrown) {
    const error = isFabriqueError(thrown) ? thrown : toFabriqueError(thrown, request)
    const fields = { request_id: request.id, code: error.code, err: error.cause ?? error }
    contextOf(request).log.warn(fields, 'A login at the identity provider failed')
    const query = new URLSearchParams({ failed: error.code, ...(next === '/' ? {} : { next }) })
    return reply.redirect(`/login?${query}`, 303)
  }
}

function placeOf({ ip: address, url }: FastifyRequest) {
  const start = url.indexOf('?')
  return { address, query: start < 0 ? '' : url.slice(start) }
}

/** A page of this server: browsers are sent nowhere else, whatever an address says. */
export function ownPage(next: string): string {
  const base = 'http://own.invalid'
  if (!next.startsWith('/') || !URL.canParse(next, base)) return '/'
  const { origin, pathname, search, hash } = new URL(next, base)
  // After what a URL resolves, two slashes at the start would still name a host.
  const isOwn = origin === base && !pathname.startsWith('//') && !/^\/(login|api)(\/|$)/.test(pathname)
  const page = `${pathname}${search}${hash}`
  // As the cookie holds it: one of more than 4,096 bytes is kept by no browser, and the login could not end.
  return isOwn && JSON.stringify(page).length <= limit('auth.oidc_next_chars_max') ? page : '/'
}

/** The address of our second route, as the browser knows this server. */
function redirectUrlOf(request: FastifyRequest, settings: OidcSettings | undefined): string {
  if (settings?.redirectUrl !== undefined) return settings.redirectUrl
  // As a URL writes it: without the port that goes without saying, which both requests to the provider must leave out alike.
  return new URL(routes.finishOidcLogin.path, `${isSecure(request) ? 'https' : 'http'}://${request.host}`).href
}

async function pendingOf({ headers }: FastifyRequest, seal: LoginSeal) {
  const sealed = cookiePattern.exec(headers.cookie ?? '')?.[1]
  return sealed === undefined ? undefined : seal.open(sealed)
}

/** Comes back from the provider, as a page that another site leads to: `Lax` lets it. */
function setCookie(request: FastifyRequest, reply: FastifyReply, value: string | undefined): void {
  const end = value === undefined ? '; Max-Age=0' : ''
  const secure = isSecure(request) ? '; Secure' : ''
  reply.header('set-cookie', `${cookieName}=${value ?? ''}; Path=${cookiePath}${end}; HttpOnly; SameSite=Lax${secure}`)
}
