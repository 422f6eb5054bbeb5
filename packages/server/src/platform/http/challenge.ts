import type { FabriqueError, Permission } from '@fabrique/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'

const realm = 'realm="fabrique"'

/** Clients of MLflow send names and passwords once they are asked for them. Browsers would show a window of their own: pages use other paths. */
const takesBasic = /^\/api\/[23]\.0\/mlflow(-artifacts)?([/?]|$)/

/** Says with a refusal what credentials are wanted, as RFC 6750 and RFC 7617 do, and when to come back where that is known. */
export function challenge(
  { code, message, params }: FabriqueError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { retry_after_s: seconds } = params
  if (seconds !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', String(seconds))
  const { url, routeOptions } = request
  const header = challengeOf(code, message, { url, access: routeOptions.config.access })
  if (header !== undefined && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', header)
}

/** What was asked for: an address, and what one must be allowed to do there. */
interface Asked {
  readonly url: string
  readonly access: Permission | 'public' | undefined
}

/** The credentials that are wanted, where a refusal is about them. */
export function challengeOf(code: string, message: string, { url, access }: Asked): string | string[] | undefined {
  switch (code) {
    case 'login_required':
      return takesBasic.test(url) ? [`Basic ${realm}`, `Bearer ${realm}`] : `Bearer ${realm}`
    case 'login_failed':
      return takesBasic.test(url) ? `Basic ${realm}` : `Bearer ${realm}`
    case 'credentials_invalid':
      return `Bearer ${realm}, error="invalid_token", error_description="${message.replace(/[^\x20-\x7e]|["\\]/g, '')}"`
    case 'credentials_unclear':
      return `Bearer ${realm}, error="invalid_request"`
    case 'permission_denied':
    case 'model_not_granted': {
      const scope = access === undefined || access === 'public' ? '' : `, scope="${access}"`
      return `Bearer ${realm}, error="insufficient_scope"${scope}`
    }
    default:
      return undefined
  }
}
