import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/** What OWASP names for Argon2id: 19 MiB, two passes, one lane. A hash with others is made anew at the next login. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const prefix = `$argon2id$v=19$m=${parameters.memoryCost},t=${parameters.timeCost},p=${parameters.parallelism}$`

let running = 0
const waiting: (() => void)[] = []

/** Hashes are made two at a time: each takes 19 MiB and a core. Throws `login_busy` where too many wait. */
async function inTurn<Output>(work: () => Promise<Output>): Promise<Output> {
  if (running >= limit('auth.hashes_max')) {
    if (waiting.length >= limit('auth.hashes_waiting_max')) throw new FabriqueError('login_busy', {})
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else {
    running += 1
  }
  try {
    return await work()
  } finally {
    // Whoever waits takes the place over.
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}

// Loaded at the first password: a server without users never needs it.
const argon2 = () => import('@node-rs/argon2')

/** The hash of a password, with its salt and parameters. */
export async function hashPassword(password: string): Promise<string> {
  const { hash } = await argon2()
  return inTurn(() => hash(password.normalize('NFKC'), parameters))
}

let ofNobody: Promise<string> | undefined

/** Whether a password is the one of a hash. Takes as long where there is no hash, so that nobody learns which accounts there are. */
export async function verifyPassword(hash: string | undefined, password: string): Promise<boolean> {
  ofNobody ??= hashPassword('of nobody')
  const { verify } = await argon2()
  const compared = hash ?? (await ofNobody)
  const isRight = await inTurn(() => verify(compared, password.slice(0, 10_000).normalize('NFKC')))
  return isRight && hash !== undefined
}

/** Whether a hash was made with other parameters than are used now. */
export function isOutdated(hash: string): boolean {
  return !hash.startsWith(prefix)
}
