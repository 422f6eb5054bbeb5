import { errorHint, errorMessage, FabriqueError, type TokenReply } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type ContextOf,
  type LoginGuard,
  logFailure,
  noteActor,
  requestLanguage,
  toFabriqueError,
} from '../../platform/index.js'
import { asUser, checkLogin, recordLogin } from './log-in.js'
import { scopesOf, type Tokens } from './tokens.js'

export interface TokenRouteOptions {
  readonly contextOf: ContextOf
  readonly guard: LoginGuard
  readonly tokens: Tokens
  /** True answers a wrong password with 400 as RFC 6749 says, instead of 401 as FastAPI does. */
  readonly isStrict: boolean
}

const form = 'application/x-www-form-urlencoded'
const formBytesMax = 65_536

/** `POST /token`: the password flow of OAuth 2, in the shape of FastAPI's, which Swagger's Authorize and scripts speak. */
export function mountTokenRoute(app: FastifyInstance, { contextOf, guard, tokens, isStrict }: TokenRouteOptions): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(form, { parseAs: 'string', bodyLimit: formBytesMax }, (_request, text, done) =>
      done(null, new URLSearchParams(String(text))),
    )
    scope.setErrorHandler((error: unknown, request, reply) => sendFailure(error, request, reply, isStrict, contextOf))
    scope.post(
      '/token',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Log a program in by name and password (OAuth 2 password flow); prefer an API key for new programs',
          tags: ['users'],
          consumes: [form],
          security: [],
        },
      },
      async (request, reply): Promise<TokenReply> => {
        reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
        const { name, password, scope } = readForm(request.body)
        const ctx = contextOf(request)
        const user = await checkLogin(ctx, guard, { name, password, address: request.ip })
        const { id, permissions } = asUser(ctx, user).actor
        noteActor(request, id)
        const granted = scope === '' ? null : scopesOf(scope).filter((asked) => permissions.has(asked))
        if (granted?.length === 0) throw malformed('scope', 'holds nothing that this user may do')
        const { token, seconds } = await tokens.make({
          userId: user.id,
          userName: user.name,
          version: user.session_version,
          scopes: granted,
        })
        await recordLogin({ ctx: asUser(ctx, user), input: { user: user.name, change: 'token made' } })
        const given = (granted ?? [...permissions]).join(' ')
        return { access_token: token, token_type: 'bearer', expires_in: seconds, scope: given }
      },
    )
  })
}

function readForm(body: unknown) {
  if (!(body instanceof URLSearchParams)) throw malformed('body', `must be ${form}`)
  const grant = body.get('grant_type')
  if (grant !== null && grant !== '' && grant !== 'password') throw malformed('grant_type', 'must be password')
  const [name, password] = [body.get('username'), body.get('password')]
  if (name === null || name === '') throw malformed('username', 'is missing')
  if (password === null || password === '') throw malformed('password', 'is missing')
  return { name, password, scope: (body.get('scope') ?? '').trim() }
}

function malformed(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

/** In the words of RFC 6749, with `detail` beside them, which is what clients of FastAPI read. */
function sendFailure(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  isStrict: boolean,
  contextOf: ContextOf,
): FastifyReply {
  const error = toFabriqueError(thrown, request)
  logFailure(contextOf(request).log, error, request)
  const isWrong = error.code === 'login_failed'
  const status = isWrong && isStrict ? 400 : error.spec.status
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="fabrique"')
  if (status === 503) reply.header('retry-after', '1')
  if (status === 429) reply.header('retry-after', String(error.params.retry_after_s ?? 1))
  const language = requestLanguage(request)
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send({
      error: errorName(error),
      error_description: `${errorMessage(error, language)}. ${errorHint(error, language)}`,
      detail: errorMessage(error, language),
      code: error.code,
      request_id: request.id,
    })
}

function errorName({ code, field, spec }: FabriqueError): string {
  if (code === 'login_failed') return 'invalid_grant'
  if (field === 'grant_type') return 'unsupported_grant_type'
  if (field === 'scope') return 'invalid_scope'
  if (spec.status === 429) return 'slow_down'
  return spec.status < 500 ? 'invalid_request' : 'temporarily_unavailable'
}
