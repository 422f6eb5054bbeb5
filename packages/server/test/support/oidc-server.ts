import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import Provider, { type ClientMetadata } from 'oidc-provider'

export interface OidcServer {
  readonly issuer: string
  /** Who is logged in there, and what is said of them; undefined for who gives up. */
  account: { readonly id: string; readonly claims: Readonly<Record<string, unknown>> } | undefined
  /** Makes another ID token of that which the provider made. */
  tamper: ((claims: JWTPayload, own: CryptoKey) => Promise<string>) | undefined
  /** Goes through the login there as a browser does; gives the address that it is sent back to. */
  visit(address: string): Promise<URL>
  close(): Promise<void>
}

export const ownClient = { id: 'fabrique', secret: 'a secret of this client' }

/** A real provider of OpenID Connect on loopback, where who comes is whoever the test says. */
export async function openOidcServer(redirectUrl: string): Promise<OidcServer> {
  const keys = await generateKeyPair('RS256', { extractable: true })
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const client = { redirect_uris: [redirectUrl], response_types: ['code'], grant_types: ['authorization_code'] }
  const clients: ClientMetadata[] = [
    { ...client, response_types: ['code'], client_id: ownClient.id, client_secret: ownClient.secret },
    { ...client, response_types: ['code'], client_id: 'public', token_endpoint_auth_method: 'none' },
  ]
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [{ ...(await exportJWK(keys.privateKey)), alg: 'RS256', use: 'sig', kid: 'own' }] },
    cookies: { keys: ['of the cookies of this test'] },
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'name'],
      email: ['email', 'email_verified'],
      roles: ['groups'],
    },
    pkce: { required: () => true },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...server.account?.claims }) }),
    loadExistingGrant: async (ctx) => {
      const { client: asking, session, params } = ctx.oidc
      const grant = new ctx.oidc.provider.Grant({
        clientId: String(asking?.clientId),
        accountId: String(session?.accountId),
      })
      grant.addOIDCScope(String(params?.scope))
      await grant.save()
      return grant
    },
  })
  provider.use(async (ctx, next) => {
    await next()
    const body = ctx.body as { id_token?: string } | undefined
    if (ctx.path !== '/token' || server.tamper === undefined || typeof body?.id_token !== 'string') return
    body.id_token = await server.tamper(decodeJwt(body.id_token), keys.privateKey)
  })
  const answer = provider.callback()
  http.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) {
      answer(request, response)
      return
    }
    const result =
      server.account === undefined
        ? { error: 'access_denied', error_description: 'given up' }
        : { login: { accountId: server.account.id } }
    void provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  })
  const server: OidcServer = {
    issuer,
    account: undefined,
    tamper: undefined,
    visit: (address) => visit(address, issuer),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}

/** Signs claims as the provider does. */
export const signed = (claims: JWTPayload, key: CryptoKey | Uint8Array, alg = 'RS256') =>
  new SignJWT(claims).setProtectedHeader({ alg, kid: 'own' }).sign(key)

async function visit(address: string, issuer: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let at = new URL(address)
  for (let steps = 0; steps < 8; steps += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const reply = await fetch(at, { redirect: 'manual', headers: { cookie } })
    const text = await reply.text()
    for (const set of reply.headers.getSetCookie()) {
      const [pair = ''] = set.split(';')
      const place = pair.indexOf('=')
      cookies.set(pair.slice(0, place), pair.slice(place + 1))
    }
    const to = reply.headers.get('location')
    if (to === null) throw new Error(`${at} answers ${reply.status}: ${text}`)
    at = new URL(to, at)
    if (at.origin !== issuer) return at
  }
  throw new Error('The provider sends round in circles')
}
