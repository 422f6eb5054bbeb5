/** Where to go after the login: a page of this server, whatever the address of the login says. */
export function nextAddress(search: string, origin: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/'
  if (!URL.canParse(next, origin)) return '/'
  const address = new URL(next, origin)
  return address.origin === origin && !address.pathname.startsWith('/login')
    ? `${address.pathname}${address.search}${address.hash}`
    : '/'
}
