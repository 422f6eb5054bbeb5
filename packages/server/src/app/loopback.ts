const loopbackHosts = new Set(['127.0.0.1', 'localhost', '::1'])

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host)
}
