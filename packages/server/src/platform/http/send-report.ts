import type { FastifyReply } from 'fastify'

/** A page of its own: nothing in it runs or is fetched, whatever the data holds. */
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"

/** Sends a report as one page of HTML. */
export function sendReport(reply: FastifyReply, { page, name }: { readonly page: string; readonly name: string }) {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', reportPolicy)
    .header('content-disposition', `inline; filename="${name.replaceAll(/[^\w-]/g, '_')}.html"`)
    .send(page)
}
