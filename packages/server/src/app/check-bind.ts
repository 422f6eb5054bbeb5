import { FabriqueError } from '@fabrique/contract'
import type { Config } from './config/index.js'

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '::1'])

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host)
}

/** Refuses to open the server to others while it has no users. Throws `bind_needs_users`. */
export function checkBind({ host, allow_open_bind }: Config): void {
  if (!isLoopback(host) && !allow_open_bind) throw new FabriqueError('bind_needs_users', { host })
}
