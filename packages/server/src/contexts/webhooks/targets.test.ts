import { describe, expect, test } from 'vitest'
import { checkTarget } from './targets.js'

describe('checkTarget', () => {
  const targets = (address: string, allowPrivate = false) => ({
    allowPrivate,
    resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }],
  })
  test('takes a public host by https, and a private one by http only where that is allowed', async () => {
    await checkTarget(targets('8.8.8.8'), 'https://example.org/hook?x=1')
    await checkTarget(targets('10.0.0.1', true), 'http://intranet:8080/hook')
  })

  test.each([
    ['http', 'http://example.org/', '8.8.8.8'],
    ['another scheme', 'ftp://example.org/', '8.8.8.8'],
    ['no address', 'hook', '8.8.8.8'],
    ['nothing', '  ', '8.8.8.8'],
    ['a user', 'https://user:pass@example.org/', '8.8.8.8'],
    ['a name of a private host', 'https://example.org/', '192.168.0.1'],
    ['loopback', 'https://127.0.0.1/', '8.8.8.8'],
    ['loopback in short', 'https://127.1/', '8.8.8.8'],
    ['loopback in octal', 'https://0177.0.0.1/', '8.8.8.8'],
    ['loopback as one number', 'https://2130706433/', '8.8.8.8'],
    ['loopback of IPv6', 'https://[::1]/', '8.8.8.8'],
    ['loopback mapped', 'https://[::ffff:127.0.0.1]/', '8.8.8.8'],
    ['metadata of a cloud', 'https://169.254.169.254/latest', '8.8.8.8'],
    ['a long address', `https://example.org/${'x'.repeat(3000)}`, '8.8.8.8'],
  ])('refuses %s', async (_name, url, address) => {
    await expect(checkTarget(targets(address), url)).rejects.toMatchObject({ spec: { status: 400 } })
  })
})
