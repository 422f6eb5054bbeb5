import { type AllowedHosts, allowedAddresses, hostOf } from '../../platform/index.js'
import { parseUrl, urlRefused } from './model.js'

/** Where webhooks may go; where private addresses are allowed, plain http is as well. */
export type WebhookTargets = AllowedHosts

/**
 * Checks the address of a webhook as it is now. A name may mean another host later: each attempt checks again, and connects
 * to what it checked. Throws `webhook_url_refused`.
 */
export async function checkTarget(targets: WebhookTargets, text: string): Promise<void> {
  const url = parseUrl(text)
  if (url.protocol !== 'https:' && !targets.allowPrivate) {
    throw urlRefused(text, `Invalid webhook URL scheme: '${url.protocol.slice(0, -1)}'. Allowed schemes are: https.`)
  }
  if (targets.allowPrivate) return
  try {
    await allowedAddresses(targets, hostOf(url))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw urlRefused(text, reason, error)
  }
}
