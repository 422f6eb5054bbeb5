import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeIds } from '../../kernel/index.js'
import { readCredentials } from './credentials.js'
import { makeKey, makeToken } from './secrets.js'

const ids = makeIds((count) => randomBytes(count))
const { id, key } = makeKey(ids)
const token = makeToken(ids)
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const read = (given: object) => readCredentials({ address: '127.0.0.1', ...given })

test.each([
  [{ authorization: `Bearer ${key}` }, { kind: 'key', id, key }],
  [{ authorization: `bEARER   ${key}` }, { kind: 'key', id, key }],
  [{ apiKey: key }, { kind: 'key', id, key }],
  [{ authorization: basic(`anyone:${key}`) }, { kind: 'key', id, key }],
  [{ authorization: basic(`${key}:`) }, { kind: 'key', id, key }],
  [{ authorization: basic('anna:with:colons') }, { kind: 'password', name: 'anna', password: 'with:colons' }],
  [{ authorization: basic('anna:fab_ulous') }, { kind: 'password', name: 'anna', password: 'fab_ulous' }],
  [{ authorization: 'Bearer a.b.c' }, { kind: 'token', token: 'a.b.c' }],
  [{ cookie: `a=b; fabrique_session=${token}; c=d` }, { kind: 'session', token }],
  [
    { authorization: 'Bearer a.b.c', cookie: `fabrique_session=${token}` },
    { kind: 'token', token: 'a.b.c' },
  ],
  [{ cookie: `other_fabrique_session=${token}` }, undefined],
  [{ cookie: 'fabrique_session=' }, undefined],
  [{}, undefined],
])('%j is %j', (given, expected) => {
  expect(read(given)).toEqual(expected)
})

test.each([
  [{ authorization: `Bearer ${key}`, apiKey: key }, 'credentials_unclear'],
  [{ authorization: 'Bearer' }, 'invalid_request'],
  [{ authorization: 'Bearer a b' }, 'invalid_request'],
  [{ authorization: '' }, 'invalid_request'],
  [{ authorization: basic('no colon') }, 'invalid_request'],
  [{ authorization: 'Digest abc' }, 'credentials_invalid'],
  [{ authorization: `Bearer ${key.slice(0, -1)}` }, 'credentials_invalid'],
  [{ apiKey: 'a.b.c' }, 'credentials_invalid'],
  [{ cookie: 'fabrique_session=x' }, 'credentials_invalid'],
])('%j is refused: %s', (given, code) => {
  expect(() => read(given)).toThrowError(expect.objectContaining({ code }))
})
