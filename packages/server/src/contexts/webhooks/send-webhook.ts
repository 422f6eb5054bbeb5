import { createHmac } from 'node:crypto'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { fabriqueVersion } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { allowedAddresses, HostRefused, hostOf, pinnedLookup, type VerbContext } from '../../platform/index.js'
import { parseUrl } from './model.js'
import type { WebhookTargets } from './targets.js'

export interface OutgoingDelivery {
  readonly id: string
  readonly url: string
  readonly secret: string | null
  readonly body: string
}

/** What came of one attempt. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string; readonly retryAfterMs?: number }
  /** Nothing was sent: the host is not allowed. */
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unreachable'; readonly error: string }

/** The signature that receivers check: version, comma, HMAC-SHA256 in base64 of id, seconds and body joined by dots. */
export function signatureOf(secret: string, id: string, seconds: string, body: string): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')}`
}

/** Sends one delivery, signed; no redirect is followed, and of the reply only its start is read. Never throws. */
export async function sendWebhook(
  ctx: VerbContext,
  targets: WebhookTargets,
  delivery: OutgoingDelivery,
): Promise<AttemptResult> {
  const deadline = AbortSignal.timeout(limit('webhooks.request_timeout_ms'))
  const signal = ctx.signal === undefined ? deadline : AbortSignal.any([deadline, ctx.signal])
  try {
    const url = parseUrl(delivery.url)
    if (url.protocol !== 'https:' && !targets.allowPrivate) throw new HostRefused('plain http is not allowed')
    const addresses = await Promise.race([allowedAddresses(targets, hostOf(url)), abortOf(signal)])
    const seconds = String(Math.floor(ctx.clock.now().getTime() / 1000))
    const { id, secret, body } = delivery
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': `fabrique/${fabriqueVersion}`,
      'X-MLflow-Delivery-Id': id,
      'X-MLflow-Timestamp': seconds,
      ...(secret === null ? {} : { 'X-MLflow-Signature': signatureOf(secret, id, seconds, body) }),
    }
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    // A connection of its own: a kept one could have been made to an address that is not allowed any more.
    const options = { method: 'POST', headers, agent: false, lookup: pinnedLookup(addresses), signal } as const
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, options, resolve).on('error', reject).end(body)
    })
    return await readAnswer(reply)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    if (error instanceof HostRefused) return { kind: 'refused', error: text }
    return { kind: 'unreachable', error: deadline.aborted ? 'No answer in time' : text }
  }
}

/** Fails when the signal does: a resolver cannot be interrupted, only left alone. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function readAnswer(reply: IncomingMessage): Promise<AttemptResult> {
  const status = reply.statusCode ?? 0
  const seconds = Number(reply.headers['retry-after'])
  const chunks: Buffer[] = []
  let bytes = 0
  const bytesMax = limit('webhooks.reply_bytes_max')
  try {
    for await (const chunk of reply) {
      const part = Buffer.from(chunk)
      chunks.push(part)
      bytes += part.length
      if (bytes >= bytesMax) break
    }
  } catch {
    // The status came: how the rest of the reply ended changes nothing.
  }
  reply.destroy()
  const text = Buffer.concat(chunks).subarray(0, bytesMax).toString('utf8').replaceAll('\0', '')
  return { kind: 'answered', status, text, ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}) }
}
