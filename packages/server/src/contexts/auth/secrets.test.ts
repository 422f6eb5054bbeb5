import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeIds } from '../../kernel/index.js'
import { hashOf, isSecret, isToken, keyId, makeKey, makeToken } from './secrets.js'

const ids = makeIds((count) => randomBytes(count))

test('a key has the form that scanners look for, and tells its id', () => {
  for (let round = 0; round < 200; round += 1) {
    const { id, key } = makeKey(ids)
    expect(key).toMatch(/^fab_[0-9a-f]{12}_[0-9A-Za-z]{49}$/)
    expect(keyId(key)).toBe(id)
  }
})

test('a key with one wrong character is none, without looking it up', () => {
  const { key } = makeKey(ids)
  for (let place = 0; place < key.length; place += 1) {
    const other = key[place] === '0' ? '1' : '0'
    expect(keyId(`${key.slice(0, place)}${other}${key.slice(place + 1)}`)).toBeUndefined()
  }
  for (const text of ['', 'fab_', key.slice(1), `${key}0`, key.slice(0, -1), ` ${key}`])
    expect(keyId(text)).toBeUndefined()
})

test('a secret is told from others by its hash', () => {
  const token = makeToken(ids)
  expect(isToken(token)).toBe(true)
  expect(isSecret(token, hashOf(token))).toBe(true)
  expect(isSecret(makeToken(ids), hashOf(token))).toBe(false)
  expect(isSecret(token, Buffer.alloc(3))).toBe(false)
})
