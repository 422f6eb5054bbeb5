import { createHash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Ids } from '../../kernel/index.js'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text
}

const secretLength = 43
const checksumLength = 6
const pattern = new RegExp(`^(fab_([0-9a-f]{12})_[0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checksumLength}})$`)

const checksum = (text: string) => base62(BigInt(crc32(text)), checksumLength)

/** 256 bits of chance. */
const randomValue = (ids: Ids) => BigInt(`0x${ids.hex32()}${ids.hex32()}`)

export interface MadeKey {
  readonly id: string
  /** `fab_<id>_<secret><checksum>`: scanners for leaked secrets know the form, and a typing error shows without the database. */
  readonly key: string
}

export function makeKey(ids: Ids): MadeKey {
  const id = ids.hex32().slice(-12)
  const start = `fab_${id}_${base62(randomValue(ids), secretLength)}`
  return { id, key: `${start}${checksum(start)}` }
}

/** The id within a key; undefined where it is none, its checksum included. */
export function keyId(text: string): string | undefined {
  const [, start = '', id, sum] = pattern.exec(text) ?? []
  return id !== undefined && checksum(start) === sum ? id : undefined
}

/** A secret of a session or a link. */
export function makeToken(ids: Ids): string {
  return base62(randomValue(ids), secretLength)
}

export const isToken = (text: string): boolean => /^[0-9A-Za-z]{43}$/.test(text)

/** What is kept of a secret of 256 random bits: nothing slower is needed. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Compares without telling by its time how much is alike. */
export function isSecret(secret: string, hash: Buffer): boolean {
  const given = hashOf(secret)
  return given.length === hash.length && timingSafeEqual(given, hash)
}
