import { FabriqueError, routes, type WhoAmI } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type ContextOf,
  type LoginGuard,
  mountRoute,
  nobody,
  noteActor,
  type VerbContext,
} from '../../platform/index.js'
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from './api-keys.js'
import type { Authenticator } from './authenticator.js'
import { changePassword } from './change-password.js'
import { createUser } from './create-user.js'
import { readCredentials, sessionToken } from './credentials.js'
import { deleteUser } from './delete-user.js'
import { makeAdminByLink } from './first-admin.js'
import type { OidcSettings } from './identity-provider.js'
import { listUsers } from './list-users.js'
import { asUser, checkLogin, startSession } from './log-in.js'
import { mountOidcRoutes } from './oidc-routes.js'
import { choosePassword, makePasswordLink } from './password-links.js'
import { hashOf } from './secrets.js'
import { clearSessionCookie, setSessionCookie } from './session-cookie.js'
import { endSession, listSessions, revokeToken } from './sessions.js'
import { authTables, describeUser, findUserById, type UserRow } from './store.js'
import type { Tokens } from './tokens.js'
import { updateUser } from './update-user.js'

export interface AuthRoutesOptions {
  /** Of the server itself, outside of any request. */
  readonly ctx: VerbContext
  readonly contextOf: ContextOf
  readonly authenticator: Authenticator
  readonly guard: LoginGuard
  readonly tokens: Tokens
  /** The identity provider, where there is one. */
  readonly oidc?: OidcSettings | undefined
}

/** Mounts login, users, keys and sessions. */
export function mountAuthRoutes(app: FastifyInstance, options: AuthRoutesOptions): void {
  const { contextOf, authenticator, guard } = options
  const issuer = options.oidc?.issuer
  mountLogin(app, options)
  mountRoute(app, routes.listUsers, async ({ request }) => ({
    items: [...(await listUsers({ ctx: contextOf(request), input: {} }))],
  }))
  mountRoute(app, routes.createUser, ({ request, body }) =>
    applied(authenticator, createUser({ ctx: contextOf(request), input: body })),
  )
  mountRoute(app, routes.updateUser, ({ request, params, body }) =>
    applied(authenticator, updateUser({ ctx: contextOf(request), input: { ...body, ...params, issuer } })),
  )
  mountRoute(app, routes.makePasswordLink, async ({ request, reply, params }) => {
    reply.header('cache-control', 'no-store')
    return makePasswordLink({ ctx: contextOf(request), input: params })
  })
  mountRoute(app, routes.deleteUser, async ({ request, params }) => {
    await applied(authenticator, deleteUser({ ctx: contextOf(request), input: { ...params, issuer } }))
    return {}
  })
  mountRoute(app, routes.listApiKeys, async ({ request, query }) => ({
    items: [...(await listApiKeys({ ctx: contextOf(request), input: { all: query.all === 'true' } }))],
  }))
  mountRoute(app, routes.createApiKey, async ({ request, reply, body }) => {
    const made = await createApiKey({ ctx: contextOf(request), input: body })
    reply.header('cache-control', 'no-store')
    return made
  })
  mountRoute(app, routes.rotateApiKey, async ({ request, reply, params, body }) => {
    const made = await applied(authenticator, rotateApiKey({ ctx: contextOf(request), input: { ...params, ...body } }))
    reply.header('cache-control', 'no-store')
    return made
  })
  mountRoute(app, routes.revokeApiKey, ({ request, params }) =>
    applied(authenticator, revokeApiKey({ ctx: contextOf(request), input: params })),
  )
  mountRoute(app, routes.listSessions, async ({ request }) => {
    const ctx = contextOf(request)
    return { items: [...(await listSessions({ ctx, input: { current: await currentSession(ctx, request) } }))] }
  })
  mountRoute(app, routes.endSession, async ({ request, params }) => {
    await applied(authenticator, endSession({ ctx: contextOf(request), input: params }))
    return {}
  })
  mountRoute(app, routes.changePassword, async ({ request, body }) => {
    const ctx = contextOf(request)
    const session = await currentSession(ctx, request)
    await applied(authenticator, changePassword({ ctx, input: { ...body, session, guard, address: request.ip } }))
    return {}
  })
}

/** What was changed holds before it is answered: on this server at once, on others a moment later. */
async function applied<Done>(authenticator: Authenticator, done: Promise<Done>): Promise<Done> {
  const output = await done
  await authenticator.forget()
  return output
}

function mountLogin(app: FastifyInstance, options: AuthRoutesOptions): void {
  const { contextOf, authenticator, guard, tokens, oidc } = options
  /** The user that a session begins for; the cookie goes with the reply. */
  const begin = async (
    ctx: VerbContext,
    user: UserRow,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<WhoAmI> => {
    const userAgent = request.headers['user-agent'] ?? ''
    const session = await startSession(ctx, user, { userAgent, address: request.ip })
    setSessionCookie(request, reply, session)
    const { actor } = asUser(ctx, user)
    noteActor(request, actor.id)
    return { state: 'known', actor: actor.id, user: await describeUser(ctx, user), permissions: [...actor.permissions] }
  }
  mountOidcRoutes(app, { ctx: options.ctx, contextOf, authenticator, guard, settings: oidc, begin })
  const offer = oidc === undefined ? {} : { oidc: oidc.name === undefined ? {} : { name: oidc.name } }
  mountRoute(app, routes.whoAmI, async ({ request, reply }): Promise<WhoAmI> => {
    reply.header('cache-control', 'no-store')
    const ctx = contextOf(request)
    const actor = await actorOfRequest(authenticator, request)
    const found = actor.userId === undefined ? undefined : await findUserById(ctx, actor.userId)
    if (actor === nobody) {
      return { state: authenticator.hasUsers() ? 'anonymous' : 'first_admin', permissions: [], ...offer }
    }
    const state = authenticator.isOpen() ? 'open' : 'known'
    const user = found === undefined ? {} : { user: await describeUser(ctx, found) }
    return { state, actor: actor.id, ...user, permissions: [...actor.permissions], ...offer }
  })
  mountRoute(app, routes.logIn, async ({ request, reply, body }) => {
    reply.header('cache-control', 'no-store')
    const ctx = contextOf(request)
    const user = await checkLogin(ctx, guard, { ...body, address: request.ip })
    return begin(ctx, user, request, reply)
  })
  mountRoute(app, routes.makeFirstAdmin, async ({ request, reply, body }) => {
    reply.header('cache-control', 'no-store')
    const ctx = contextOf(request)
    // Nobody guesses 256 random bits: attempts need no delay.
    const user = await applied(authenticator, makeAdminByLink(ctx, body))
    return begin(ctx, user, request, reply)
  })
  mountRoute(app, routes.usePasswordLink, async ({ request, reply, body }) => {
    reply.header('cache-control', 'no-store')
    const ctx = contextOf(request)
    const user = await applied(authenticator, choosePassword(ctx, body))
    return begin(ctx, user, request, reply)
  })
  mountRoute(app, routes.logOut, async ({ request, reply }) => {
    const ctx = contextOf(request)
    const actor = await actorOfRequest(authenticator, request)
    const credentials = actor === nobody || authenticator.isOpen() ? undefined : readCredentials(credentialsOf(request))
    const own = { ...ctx, actor }
    if (credentials?.kind === 'session') {
      const session = await sessionId(ctx, credentials.token)
      if (session !== undefined) await applied(authenticator, endSession({ ctx: own, input: { session } }))
    } else if (credentials?.kind === 'token') {
      const claims = await tokens.read(credentials.token)
      if ('jti' in claims) {
        const input = { jti: claims.jti, expires: claims.expires }
        await applied(authenticator, revokeToken({ ctx: own, input }))
      }
    }
    clearSessionCookie(reply)
    return {}
  })
}

/** What a request proves by who it is. */
export function credentialsOf(request: FastifyRequest) {
  const { authorization, cookie, 'x-api-key': apiKey } = request.headers
  return {
    authorization,
    apiKey: typeof apiKey === 'string' ? apiKey : apiKey?.[0],
    cookie,
    address: request.ip,
  }
}

/** Who sends a request to a route that needs no login; what is not valid any more is nobody. */
async function actorOfRequest(authenticator: Authenticator, request: FastifyRequest) {
  try {
    return await authenticator.authenticate(credentialsOf(request))
  } catch (error) {
    if (error instanceof FabriqueError && error.spec.status === 401) return nobody
    throw error
  }
}

async function currentSession(ctx: VerbContext, request: FastifyRequest): Promise<string | undefined> {
  const token = sessionToken(request.headers.cookie)
  return token === undefined ? undefined : sessionId(ctx, token)
}

async function sessionId(ctx: VerbContext, token: string): Promise<string | undefined> {
  const found = await authTables(ctx)
    .selectFrom('sessions')
    .select('id')
    .where('token_hash', '=', hashOf(token))
    .executeTakeFirst()
  return found?.id
}
