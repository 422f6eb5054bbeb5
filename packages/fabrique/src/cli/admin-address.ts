import { type Config, limits } from '@fabrique/server'

/** Where the link that makes the first admin leads, and for how long. The secret stands after the #, which browsers send to nobody. */
export function adminAddress(
  { host }: Pick<Config, 'host'>,
  { link, port }: { readonly link: string; readonly port: number },
): readonly [address: string, minutes: number] {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return [
    `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/login#link=${link}`,
    limits['auth.admin_link_minutes'].default,
  ]
}
