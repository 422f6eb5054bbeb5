import type { FastifyReply, FastifyRequest } from 'fastify'
import { sessionCookie } from './credentials.js'
import type { NewSession } from './log-in.js'

/** Where the browser came over TLS, also through a proxy that ends it, the cookie goes over nothing else from then on. */
export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https'
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, { token, expires }: NewSession): void {
  const secure = isSecure(request) ? '; Secure' : ''
  reply.header(
    'set-cookie',
    `${sessionCookie}=${token}; Path=/; Expires=${expires.toUTCString()}; HttpOnly; SameSite=Lax${secure}`,
  )
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${sessionCookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`)
}
