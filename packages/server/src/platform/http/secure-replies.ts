import type { FastifyInstance } from 'fastify'

/** A year: what browsers are told once they came by https. */
const httpsOnly = 'max-age=31536000'

/** Headers that keep browsers from doing more with a reply than was meant. Routes with a stricter policy of their own set that instead. */
export function secureReplies(app: FastifyInstance, { isBehindProxy }: { readonly isBehindProxy: boolean }): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff')
    // Only what is got can be framed, followed or found again in a cache; predictions are sent.
    if (request.method === 'GET' || request.method === 'HEAD') {
      reply.header('content-security-policy', "frame-ancestors 'none'")
      reply.header('referrer-policy', 'same-origin')
      if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
    }
    // Encryption ends at the proxy: this server itself never speaks https.
    if (isBehindProxy && request.protocol === 'https') reply.header('strict-transport-security', httpsOnly)
    done()
  })
}
