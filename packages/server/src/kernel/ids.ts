/** The only way below `app` to make identifiers; tests pass a counting one. */
export interface Ids {
  /** An id with a prefix that people see, as `snap_3k1v9m…`: 26 characters of 5 random bits each after the prefix. */
  prefixed(
    prefix:
      | 'snap'
      | 'ing'
      | 'job'
      | 'val'
      | 'flow'
      | 'back'
      | 'batch'
      | 'req'
      | 'wrk'
      | 'expl'
      | 'fview'
      | 'mat'
      | 'check'
      | 'drift'
      | 'find'
      | 'roll'
      | 'user'
      | 'ses',
  ): string
  /** An id that tells its moment, and sorts by it: 10 characters of the milliseconds since 1970, and 16 of chance. */
  timed(prefix: 'pred', at: Date): string
  /** 32 lower case hex digits, as the MLflow protocol wants for runs. */
  hex32(): string
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** The part of an id that tells its moment: 10 characters that sort by it. */
export function timePart(at: Date): string {
  let text = ''
  for (let rest = at.getTime(), place = 0; place < 10; place += 1, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return text
}

/** The moment that an id of `timed` tells; undefined where it is none of these. */
export function momentOfId(id: string): Date | undefined {
  const time = /^[a-z]+_([0-9a-z]{10})[0-9a-z]{16}$/.exec(id)?.[1]
  if (time === undefined) return undefined
  let ms = 0
  for (const letter of time) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return undefined
    ms = ms * 32 + digit
  }
  return ms <= 8.64e15 ? new Date(ms) : undefined
}

/** Two characters of 5 bits each: each request has an id, and half as many pieces are put together in half the time. */
const pairs = Array.from({ length: 1024 }, (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31))

/** Characters after a start, one for each of an even number of bytes. */
function textOf(start: string, bytes: Uint8Array): string {
  let text = start
  for (let place = 0; place < bytes.length; place += 2) {
    text += pairs[(((bytes[place] ?? 0) & 31) << 5) | ((bytes[place + 1] ?? 0) & 31)]
  }
  return text
}

/** Makes ids from a source of random bytes. */
export function makeIds(randomBytes: (count: number) => Uint8Array): Ids {
  return {
    prefixed: (prefix) => textOf(`${prefix}_`, randomBytes(26)),
    timed: (prefix, at) => textOf(`${prefix}_${timePart(at)}`, randomBytes(16)),
    hex32() {
      return Array.from(randomBytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
    },
  }
}
