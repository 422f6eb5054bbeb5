import { type Permission, permissions } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit, present } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'

const issuer = 'fabrique'
const audience = 'fabrique'
const type = 'at+jwt'
const algorithm = 'HS256'

type Place = Pick<VerbContext, 'db' | 'clock' | 'ids'>

/** What a valid token says. */
export interface TokenClaims {
  readonly userId: string
  /** The version of the logins of the user when it was made; another one makes it void. */
  readonly version: number
  readonly jti: string
  readonly expires: Date
  /** Null for all that the user may. */
  readonly scopes: readonly Permission[] | null
}

/** Why a token is refused, in both languages. */
export interface TokenFault {
  readonly reason: string
  readonly reason_fr: string
}

export interface NewToken {
  readonly userId: string
  readonly userName: string
  readonly version: number
  readonly scopes: readonly Permission[] | null
}

/** Makes and reads the tokens of this installation: all servers on one database share the key. */
export interface Tokens {
  make(token: NewToken): Promise<{ readonly token: string; readonly seconds: number }>
  /** Checks signature, kind, issuer, audience and time; not whether it was given back. */
  read(token: string): Promise<TokenClaims | TokenFault>
}

// Loaded at the first token.
const jose = () => import('jose')

export function openTokens(ctx: Place): Tokens {
  const secret = installationKey(ctx, 'tokens')
  return {
    async make({ userId, userName, version, scopes }) {
      const { SignJWT } = await jose()
      const seconds = limit('auth.token_seconds')
      const now = Math.floor(ctx.clock.now().getTime() / 1000)
      const scope = scopes === null ? {} : { scope: scopes.join(' ') }
      const token = await new SignJWT({ name: userName, ver: version, ...scope })
        .setProtectedHeader({ alg: algorithm, typ: type })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setJti(ctx.ids.hex32())
        .setIssuedAt(now)
        .setExpirationTime(now + seconds)
        .sign(await secret())
      return { token, seconds }
    },
    async read(token) {
      const { errors, jwtVerify } = await jose()
      try {
        const { payload } = await jwtVerify(token, await secret(), {
          algorithms: [algorithm],
          typ: type,
          issuer,
          audience,
          requiredClaims: ['sub', 'jti', 'exp', 'iat', 'ver'],
          currentDate: ctx.clock.now(),
        })
        const { sub = '', jti = '', exp = 0, ver, scope } = payload
        return {
          userId: sub,
          version: Number(ver),
          jti,
          expires: new Date(exp * 1000),
          scopes: typeof scope === 'string' ? scopesOf(scope) : null,
        }
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { reason: 'it has expired', reason_fr: 'il a expiré' }
        if (!(error instanceof errors.JOSEError)) throw error
        return { reason: 'it is not a token of this server', reason_fr: 'ce n’est pas un jeton de ce serveur' }
      }
    },
  }
}

const known: ReadonlySet<string> = new Set(permissions)

/** Scopes as OAuth writes them, separated by spaces; unknown ones are left out. */
export function scopesOf(text: string): readonly Permission[] {
  return text.split(' ').filter((word): word is Permission => known.has(word))
}

/** 256 random bits for one purpose, made by the first that asks; all servers on one database have the same. */
export function installationKey(ctx: Place, id: string): () => Promise<Uint8Array> {
  let key: Promise<Uint8Array> | undefined
  return () => {
    key ??= readKey(ctx, id).catch((error: unknown) => {
      key = undefined
      throw error
    })
    return key
  }
}

async function readKey(ctx: Place, id: string): Promise<Uint8Array> {
  const secret = Buffer.from(`${ctx.ids.hex32()}${ctx.ids.hex32()}`, 'hex')
  await sql`
    insert into token_keys (id, secret, created_at) values (${id}, ${secret}, ${ctx.clock.now()}) on conflict do nothing
  `.execute(ctx.db)
  const { rows } = await sql<{ secret: Buffer }>`select secret from token_keys where id = ${id}`.execute(ctx.db)
  return present(rows[0], 'The key was just made').secret
}
