/** Where to go after the login: a page of this server, whatever the address of the login says. */
export function nextAddress(search: string, origin: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/'
  if (!URL.canParse(next, origin)) return '/'
  const address = new URL(next, origin)
  const { pathname, search: query, hash } = address
  // After what a URL resolves, two slashes at the start would still name a host.
  const isOwn = address.origin === origin && !pathname.startsWith('//') && !pathname.startsWith('/login')
  return isOwn ? `${pathname}${query}${hash}` : '/'
}
