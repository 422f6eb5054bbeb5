import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { parseUrl, urlRefused } from './model.js'
import { isPublicAddress } from './public-address.js'

/** Where webhooks may go. */
export interface WebhookTargets {
  /** True lets them go to loopback and private addresses, and over plain http. */
  readonly allowPrivate: boolean
  /** The addresses of a host name; that of the system when not given. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

const lookupAll = promisify(lookup)

/** A host that a webhook must not reach. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused'
}

/** The host of an address as the network needs it: IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The addresses of a host, all of them allowed. Throws `TargetRefused`, or what the resolver throws. */
export async function allowedAddresses(targets: WebhookTargets, host: string): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  const resolve = targets.resolve ?? ((name: string) => lookupAll(name, { all: true }))
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }]
  if (addresses.length === 0) throw new TargetRefused(`'${host}' has no address`)
  const refused = targets.allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address))
  if (refused === undefined) return addresses
  throw new TargetRefused(`it must not resolve to a non-public IP address. '${host}' resolves to ${refused.address}.`)
}

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

/** Answers the connection with the addresses that were checked, so that a name cannot change in between. */
export function pinnedLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}
