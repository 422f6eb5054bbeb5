import { FabriqueError } from '@fabrique/contract'
import { isToken, keyId } from './secrets.js'

/** What a request proves by who it is, as it was sent. */
export interface GivenCredentials {
  readonly authorization?: string | undefined
  /** The header `X-API-Key`. */
  readonly apiKey?: string | undefined
  readonly cookie?: string | undefined
  readonly address: string
}

/** The same, read. */
export type Credentials =
  | { readonly kind: 'key'; readonly id: string; readonly key: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'session'; readonly token: string }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }

export const sessionCookie = 'fabrique_session'

const cookiePattern = new RegExp(`(?:^|;\\s*)${sessionCookie}=([^;]*)`)

/** The secret of a session among the cookies. */
export function sessionToken(cookie: string | undefined): string | undefined {
  return cookie === undefined ? undefined : cookiePattern.exec(cookie)?.[1]
}

/**
 * Reads credentials; undefined where there are none. A header goes before the cookie, which a browser sends by itself. Throws
 * `credentials_unclear`, `credentials_invalid`, `invalid_request`.
 */
export function readCredentials({ authorization, apiKey, cookie }: GivenCredentials): Credentials | undefined {
  if (authorization !== undefined && apiKey !== undefined) {
    throw new FabriqueError('credentials_unclear', { ways: 'Authorization, X-API-Key' })
  }
  if (apiKey !== undefined) return readKey(apiKey)
  if (authorization !== undefined) return readAuthorization(authorization)
  const token = sessionToken(cookie)
  if (token === undefined || token === '') return undefined
  if (!isToken(token)) throw new FabriqueError('credentials_invalid', faults.session)
  return { kind: 'session', token }
}

/** Why credentials are refused, in both languages. */
export const faults = {
  key: { reason: 'this key does not exist', reason_fr: 'cette clé n’existe pas' },
  revoked: { reason: 'it was revoked', reason_fr: 'elle a été révoquée' },
  expired: { reason: 'it has expired', reason_fr: 'elle a expiré' },
  session: { reason: 'the session is over', reason_fr: 'la session est terminée' },
  ended: {
    reason: 'its user has logged out or changed the password',
    reason_fr: 'son utilisateur s’est déconnecté ou a changé de mot de passe',
  },
  account: { reason: 'the account is switched off', reason_fr: 'le compte est désactivé' },
  scheme: { reason: 'Bearer or Basic is expected', reason_fr: 'Bearer ou Basic est attendu' },
} as const

function readAuthorization(header: string): Credentials {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header) ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value.startsWith('fab_') ? readKey(value) : { kind: 'token', token: value }
    case 'basic':
      return readBasic(value)
    case '':
      throw malformed('must be a scheme and its value, as Bearer fab_…')
    default:
      throw new FabriqueError('credentials_invalid', faults.scheme)
  }
}

function readKey(key: string): Credentials {
  const id = keyId(key)
  if (id === undefined) throw new FabriqueError('credentials_invalid', faults.key)
  return { kind: 'key', id, key }
}

/** A key may stand in the place of the password, or of the name: clients of MLflow and curl know no other way. */
function readBasic(value: string): Credentials {
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) throw malformed('must hold name and password, joined by a colon')
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)]
  const key = [password, name].find((part) => part.startsWith('fab_'))
  return key !== undefined && keyId(key) !== undefined ? readKey(key) : { kind: 'password', name, password }
}

function malformed(reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field: 'Authorization', reason }, { field: 'Authorization' })
}
