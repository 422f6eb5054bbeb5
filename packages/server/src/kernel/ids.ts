/** The only way below `app` to make identifiers; tests pass a counting one. */
export interface Ids {
  /** An id with a prefix that people see, as `snap_3k1v9m…`: 26 characters of 5 random bits each after the prefix. */
  prefixed(
    prefix: 'snap' | 'ing' | 'job' | 'val' | 'flow' | 'back' | 'req' | 'wrk' | 'expl' | 'fview' | 'mat' | 'check',
  ): string
  /** 32 lower case hex digits, as the MLflow protocol wants for runs. */
  hex32(): string
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Makes ids from a source of random bytes. */
export function makeIds(randomBytes: (count: number) => Uint8Array): Ids {
  return {
    prefixed(prefix) {
      let text = ''
      for (const byte of randomBytes(26)) text += alphabet.charAt(byte & 31)
      return `${prefix}_${text}`
    },
    hex32() {
      return Array.from(randomBytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
    },
  }
}
