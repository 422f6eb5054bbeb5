import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { isPublicAddress } from './public-address.js'

/** Where requests that others ask for may go. */
export interface AllowedHosts {
  /** True lets them go to loopback and private addresses. */
  readonly allowPrivate: boolean
  /** The addresses of a host name; that of the system when not given. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

const lookupAll = promisify(lookup)

/** A host that must not be reached. */
export class HostRefused extends Error {
  override readonly name = 'HostRefused'
  /** The address that is refused, where the host has one. */
  readonly address: string | undefined

  constructor(message: string, address?: string) {
    super(message)
    this.address = address
  }
}

/** The host of an address as the network needs it: IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The addresses of a host, all of them allowed. Throws `HostRefused`, or what the resolver throws. */
export async function allowedAddresses(hosts: AllowedHosts, host: string): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  const resolve = hosts.resolve ?? ((name: string) => lookupAll(name, { all: true }))
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }]
  if (addresses.length === 0) throw new HostRefused(`'${host}' has no address`)
  const refused = hosts.allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address))
  if (refused === undefined) return addresses
  throw new HostRefused(
    `it must not resolve to a non-public IP address. '${host}' resolves to ${refused.address}.`,
    refused.address,
  )
}

/** Answers the connection with the addresses that were checked, so that a name cannot change in between. */
export function pinnedLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}
