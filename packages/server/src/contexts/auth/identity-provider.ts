import { FabriqueError, type UserRole } from '@fabrique/contract'
import type { ClientAuth, Configuration, CustomFetch } from 'openid-client'
import { type Clock, type Ids, limit } from '../../kernel/index.js'
import { makeToken } from './secrets.js'

/** The provider of OpenID Connect at which people log in. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  /** Absent for a public client, which PKCE alone protects. */
  readonly clientSecret?: string
  readonly scopes: string
  /** What people call it; stands on the button. */
  readonly name?: string
  /** The role of those whom no value of the claim gives another; undefined lets only those in whom one does. */
  readonly defaultRole?: UserRole
  /** The claim that says what somebody is, as `groups` or `realm_access.roles`. */
  readonly roleClaim?: string
  /** The roles that its values give. */
  readonly roles: ReadonlyMap<string, UserRole>
  /** Where the provider sends browsers back to, where that is not the address by which they came. */
  readonly redirectUrl?: string
}

/** What has to be there again when a browser comes back. */
export interface OidcAttempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly redirectUrl: string
}

/** Who somebody is, as the provider proved it. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly claims: Readonly<Record<string, unknown>>
}

export interface IdentityProvider {
  /** Where a browser goes to log in. Throws `oidc_unavailable`. */
  begin(redirectUrl: string): Promise<{ readonly attempt: OidcAttempt; readonly address: string }>
  /**
   * Proves who came back with this query. Throws `oidc_denied`, `oidc_failed`, `oidc_unavailable`, each with what the provider or the
   * proof said as its cause.
   */
  finish(attempt: OidcAttempt, query: string): Promise<Identity>
}

// Loaded at the first login there.
const library = () => import('openid-client')

export interface ProviderOptions {
  readonly settings: OidcSettings
  readonly clock: Clock
  readonly ids: Ids
}

/** Talks to the provider; nothing is asked before the first login, so that a provider that is away keeps no server from starting. */
export function openIdentityProvider({ settings, clock, ids }: ProviderOptions): IdentityProvider {
  let known: { readonly configuration: Promise<Configuration>; readonly untilMs: number } | undefined
  const configuration = () => {
    if (known !== undefined && known.untilMs > clock.monotonicMs()) return known.configuration
    const asked = discover(settings)
    const entry = { configuration: asked, untilMs: clock.monotonicMs() + limit('auth.oidc_metadata_ms') }
    known = entry
    asked.catch(() => {
      if (known === entry) known = undefined
    })
    return asked
  }
  return {
    async begin(redirectUrl) {
      const attempt = { state: makeToken(ids), nonce: makeToken(ids), verifier: makeToken(ids), redirectUrl }
      const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await library()
      const address = buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUrl,
        response_type: 'code',
        scope: settings.scopes,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      })
      return { attempt, address: address.href }
    },
    async finish({ state, nonce, verifier, redirectUrl }, query) {
      const { authorizationCodeGrant } = await library()
      const current = await configuration()
      const back = new URL(redirectUrl)
      back.search = query
      try {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true }
        const tokens = await authorizationCodeGrant(current, back, checks)
        const claims = tokens.claims()
        if (claims === undefined) throw new Error('There is no ID token')
        const more = await userInfo(current, settings, claims, tokens.access_token)
        // What is signed goes before what was asked for.
        return { issuer: claims.iss, subject: claims.sub, claims: { ...more, ...claims } }
      } catch (error) {
        throw await failureOf(error)
      }
    },
  }
}

/** What the provider says of itself. Throws `oidc_unavailable`. */
async function discover(settings: OidcSettings): Promise<Configuration> {
  const client = await library()
  try {
    const issuer = new URL(settings.issuer)
    return await client.discovery(
      issuer,
      settings.clientId,
      // A minute: clocks of two machines differ.
      { [client.clockTolerance]: 60 },
      clientAuthentication(client, settings.clientSecret),
      {
        timeout: limit('auth.oidc_timeout_ms') / 1000,
        [client.customFetch]: boundedFetch,
        // The signature of an ID token is checked although it comes over TLS.
        execute: [
          client.enableNonRepudiationChecks,
          // The settings allow it for this machine only.
          ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
        ],
      },
    )
  } catch (cause) {
    throw new FabriqueError('oidc_unavailable', {}, { cause })
  }
}

/** By the way that the provider names; by Basic, as the standard says, where it names none. */
function clientAuthentication(client: typeof import('openid-client'), secret: string | undefined): ClientAuth {
  if (secret === undefined) return client.None()
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)]
  return (server, ...rest) => {
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    return (ways.includes('client_secret_basic') ? basic : post)(server, ...rest)
  }
}

/** An answer that does not end, or is too long to be one, is none. */
const boundedFetch: CustomFetch = async (address, options) => {
  // A type of the library that says less than that of the platform.
  const reply = await fetch(address, options as RequestInit)
  const { body, status, statusText, headers } = reply
  if (body === null) return reply
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > limit('auth.oidc_reply_bytes_max')) throw new TypeError(`${address} answers with too many bytes`)
    chunks.push(chunk)
  }
  return new Response(chunks.length === 0 ? null : Buffer.concat(chunks), { status, statusText, headers })
}

/** Claims that are not in the token: providers may keep them for those who ask. */
async function userInfo(
  current: Configuration,
  { roleClaim }: OidcSettings,
  claims: { readonly sub: string } & Readonly<Record<string, unknown>>,
  accessToken: string,
): Promise<Readonly<Record<string, unknown>>> {
  const isComplete =
    nameClaims.some((name) => claims[name] !== undefined) &&
    (roleClaim === undefined || claimAt(claims, roleClaim) !== undefined)
  if (isComplete || current.serverMetadata().userinfo_endpoint === undefined) return {}
  const { fetchUserInfo } = await library()
  return fetchUserInfo(current, accessToken, claims.sub)
}

/** What a person may be called by, the best first. */
export const nameClaims = ['preferred_username', 'email', 'nickname', 'name'] as const

/** A claim by its name, which may hold dots itself, or by the way to it. */
export function claimAt(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let found: unknown = claims
  for (const part of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[part]
  }
  return found
}

const away = new Set(['temporarily_unavailable', 'server_error'])
/** Codes of the library for an answer that does not come, or is not one of a provider that works. */
const noAnswer = new Set(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'])

async function failureOf(cause: unknown): Promise<FabriqueError> {
  if (cause instanceof FabriqueError) return cause
  const { AuthorizationResponseError, ClientError, ResponseBodyError } = await library()
  const failure = (code: 'oidc_denied' | 'oidc_failed' | 'oidc_unavailable') => new FabriqueError(code, {}, { cause })
  if (cause instanceof AuthorizationResponseError) {
    if (cause.error === 'access_denied') return failure('oidc_denied')
    return failure(away.has(cause.error) ? 'oidc_unavailable' : 'oidc_failed')
  }
  if (cause instanceof ResponseBodyError) return failure(cause.status >= 500 ? 'oidc_unavailable' : 'oidc_failed')
  if (cause instanceof ClientError) return failure(noAnswer.has(cause.code ?? '') ? 'oidc_unavailable' : 'oidc_failed')
  // What `fetch` throws where nobody answers.
  return failure(cause instanceof TypeError ? 'oidc_unavailable' : 'oidc_failed')
}
