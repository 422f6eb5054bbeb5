import type { FabriqueError } from '@fabrique/contract'
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
  const header = challengeOf(code, message, request)
  if (header !== undefined && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', header)
}

function challengeOf(
  code: string,
  message: string,
  { url, routeOptions }: FastifyRequest,
): string | string[] | undefined {
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
      const access = routeOptions.config.access
      const scope = access === undefined || access === 'public' ? '' : `, scope="${access}"`
      return `Bearer ${realm}, error="insufficient_scope"${scope}`
    }
    default:
      return undefined
  }
}
