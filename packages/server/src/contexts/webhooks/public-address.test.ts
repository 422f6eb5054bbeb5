import { describe, expect, test } from 'vitest'
import { isPublicAddress } from './public-address.js'
import { allowedAddresses, checkTarget } from './targets.js'

describe('isPublicAddress', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
  test.each([
    '127.0.0.1',
    '127.255.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fc00::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

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

  test('refuses a name when one of its addresses is private, and one that has none', async () => {
    const several = {
      allowPrivate: false,
      resolve: async () => [
        { address: '8.8.8.8', family: 4 },
        { address: '::1', family: 6 },
      ],
    }
    await expect(allowedAddresses(several, 'x.org')).rejects.toThrow('non-public')
    await expect(allowedAddresses({ allowPrivate: true, resolve: async () => [] }, 'x.org')).rejects.toThrow(
      'no address',
    )
  })
})
