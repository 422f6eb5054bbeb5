import { type CryptoKey, generateKeyPair, type JWTPayload } from 'jose'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, goodPassword, openAuthApp } from '../../test/support/auth-app.js'
import { type OidcServer, openOidcServer, ownClient, signed } from '../../test/support/oidc-server.js'

const redirectUrl = 'https://ml.example/api/v1/oidc/callback'
/** As a browser that comes through a proxy that ends TLS. */
const headers = { host: 'ml.example', 'x-forwarded-proto': 'https' }

let provider: OidcServer
let otherKey: CryptoKey
let suite: AuthApp
let admin: { readonly authorization: string }
const settings = (more = {}) => ({
  issuer: provider.issuer,
  clientId: ownClient.id,
  clientSecret: ownClient.secret,
  scopes: 'openid profile email roles',
  defaultRole: 'viewer' as const,
  roles: new Map(),
  name: 'The campus',
  ...more,
})
const opened: AuthApp[] = []
const openWith = async (more = {}) => {
  const app = await openAuthApp({ oidc: settings(more) })
  opened.push(app)
  return app
}

beforeAll(async () => {
  otherKey = (await generateKeyPair('RS256')).privateKey
  provider = await openOidcServer(redirectUrl)
  suite = await openWith()
  admin = await suite.makeUser('anna', 'admin')
})
afterAll(async () => {
  for (const app of opened) await app.close()
  await provider?.close()
})
afterEach(() => {
  provider.tamper = undefined
})

const cookiesOf = (reply: { readonly headers: Record<string, unknown> }) =>
  [reply.headers['set-cookie']].flat().map((cookie) => String(cookie).split(';')[0] ?? '')

async function begin(app = suite, next = '/models?filter=x') {
  const reply = await app.ask('GET', `/api/v1/oidc/login?next=${encodeURIComponent(next)}`, { headers })
  return { address: String(reply.headers.location), cookie: cookiesOf(reply)[0] ?? '', status: reply.statusCode, reply }
}

const comeBack = (url: URL | string, cookie: string, app = suite) =>
  app.ask('GET', String(url).replace('https://ml.example', ''), { headers: { ...headers, cookie } })

const account = (id: string, claims: Record<string, unknown> = {}) => {
  provider.account = { id, claims: { preferred_username: id, ...claims } }
}

/** The whole way; gives where the browser ends and who it is there. */
async function logIn(app = suite, next?: string) {
  const { address, cookie } = await begin(app, next)
  const reply = await comeBack(await provider.visit(address), cookie, app)
  const session = cookiesOf(reply).find((each) => each.startsWith('fabrique_session=')) ?? ''
  const who = await app.ask('GET', '/api/v1/session', { headers: { ...headers, cookie: session } })
  return { to: reply.headers.location, session, reply, who: who.json() }
}

describe('login at an identity provider', () => {
  test('goes there with PKCE, state and nonce, and comes back as a user with the default role', async () => {
    account('vera')
    const { address, status, reply } = await begin()
    expect([status, address.startsWith(`${provider.issuer}/auth?`)]).toEqual([303, true])
    const asked = Object.fromEntries(new URL(address).searchParams)
    expect(asked).toMatchObject({
      client_id: 'fabrique',
      redirect_uri: redirectUrl,
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'openid profile email roles',
      state: expect.stringMatching(/^\w{43}$/),
      nonce: expect.stringMatching(/^\w{43}$/),
    })
    expect(String(reply.headers['set-cookie'])).toMatch(/; Path=\/api\/v1\/oidc; HttpOnly; SameSite=Lax; Secure$/)

    const { to, who, session, reply: back } = await logIn()
    expect(to).toBe('/models?filter=x')
    expect([back.statusCode, back.headers['cache-control']]).toEqual([303, 'no-store'])
    expect(String(back.headers['set-cookie'])).toMatch(/fabrique_oidc=; .*fabrique_session=\w+; .*Secure/)
    expect(who).toMatchObject({
      state: 'known',
      actor: 'user:vera',
      user: { name: 'vera', role: 'viewer', has_password: false, provider: provider.issuer },
      oidc: { name: 'The campus' },
    })
    // The same person is the same user, and the session ends as any other.
    const again = await logIn()
    expect(again.who.user.id).toBe(who.user.id)
    await suite.ask('DELETE', '/api/v1/session', { headers: { ...headers, cookie: session } })
    const over = await suite.ask('GET', '/api/v1/session', { headers: { ...headers, cookie: session } })
    expect(over.json().state).toBe('anonymous')
  })

  test('issuer and subject say who it is, not a name or an address of mail', async () => {
    account('other-anna', { preferred_username: 'anna', email: 'anna@example.org' })
    const { who } = await logIn()
    expect(who.user).toMatchObject({ name: 'anna-2', role: 'viewer' })
    account('other-anna', { preferred_username: 'renamed' })
    expect((await logIn()).who.user.id).toBe(who.user.id)
    account('mallory', { preferred_username: 'Élodie Müller <x>' })
    expect((await logIn()).who.user.name).toBe('Elodie-Muller-x')
    const { rows } = await sql<{ detail: unknown }>`
      select actor, detail from audit where verb = 'auth.write_identity' and subject = 'users/anna-2'
    `.execute(suite.ctx.db)
    expect(rows).toMatchObject([{ actor: 'system:oidc', detail: { user: 'anna-2', change: 'created' } }])
  })

  test('a public client needs no secret', async () => {
    const app = await openWith({ clientId: 'public', clientSecret: undefined })
    await app.makeUser('anna', 'admin')
    account('vera')
    expect((await logIn(app)).to).toBe('/models?filter=x')
  })

  test('leads to pages of this server only', async () => {
    account('vera')
    for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)', '/login'])
      expect([next, (await logIn(suite, next)).to]).toEqual([next, '/'])
  })

  test('an address that is too long for its cookie ends at the start page', async () => {
    account('vera')
    const long = `/models?filter=${'x'.repeat(1_980)}`
    for (const [next, end] of [
      [long, long],
      [`${long}xxxxx`, '/'],
      [`/${'x'.repeat(8_000)}`, '/'],
      [`/${'é'.repeat(600)}`, '/'],
      [`/?${'\\'.repeat(1_500)}`, '/'],
    ] as const) {
      const { reply } = await begin(suite, next)
      const cookie = String(reply.headers['set-cookie'])
      expect([next, reply.statusCode, cookie.length < 4_096]).toEqual([next, 303, true])
      expect((await logIn(suite, next)).to).toBe(end)
    }
  })

  test('who is switched off is refused, and let in again', async () => {
    account('vera')
    const { session } = await logIn()
    const change = (is_active: boolean) =>
      suite.ask('PATCH', '/api/v1/users/vera', { payload: { is_active }, headers: admin })
    await change(false)
    const refused = await logIn()
    expect([refused.to, refused.session]).toEqual(['/login?failed=oidc_refused&next=%2Fmodels%3Ffilter%3Dx', ''])
    const before = await suite.ask('GET', '/api/v1/session', { headers: { ...headers, cookie: session } })
    expect(before.json().state).toBe('anonymous')
    await change(true)
    expect((await logIn()).who.state).toBe('known')
  })

  test('without a provider the routes say so, and the login page offers none', async () => {
    const app = await openAuthApp()
    opened.push(app)
    expect((await begin(app)).address).toBe('/login?failed=oidc_not_configured&next=%2Fmodels%3Ffilter%3Dx')
    expect((await comeBack('/api/v1/oidc/callback?code=x&state=y', '', app)).headers.location).toBe(
      '/login?failed=oidc_not_configured',
    )
    expect((await app.ask('GET', '/api/v1/session')).json().oidc).toBeUndefined()
  })
})

describe('roles', () => {
  const roles = new Map([
    ['ml-admins', 'admin'],
    ['ml-team', 'editor'],
  ])

  test('follow a claim at each login; the highest counts', async () => {
    const app = await openWith({ roleClaim: 'groups', roles })
    await app.makeUser('anna', 'admin')
    account('vera', { groups: ['ml-team', 'staff'] })
    expect((await logIn(app)).who.user.role).toBe('editor')
    account('vera', { groups: ['ml-team', 'ml-admins'] })
    const { who, session } = await logIn(app)
    expect(who.user.role).toBe('admin')
    // What is taken away holds for what is logged in already.
    account('vera', { groups: [] })
    expect((await logIn(app)).who.user.role).toBe('viewer')
    const users = await app.ask('GET', '/api/v1/users', { headers: { ...headers, cookie: session } })
    expect([users.statusCode, users.json().code]).toEqual([403, 'permission_denied'])
  })

  test('let only those in whom a value gives one, where there is no default', async () => {
    const app = await openWith({ roleClaim: 'groups', roles, defaultRole: undefined })
    account('stranger', { groups: ['sales'] })
    expect((await logIn(app)).to).toBe('/login?failed=oidc_refused&next=%2Fmodels%3Ffilter%3Dx')
    const { rows } = await sql`select from users`.execute(app.ctx.db)
    expect(rows).toEqual([])
  })

  test('whoever has lost all of them is switched off, with sessions and keys', async () => {
    const app = await openWith({ roleClaim: 'groups', roles, defaultRole: undefined })
    const own = await app.makeUser('anna', 'admin')
    account('vera', { groups: ['ml-admins'] })
    const { session } = await logIn(app)
    const payload = { name: 'laptop' }
    const as = { ...headers, origin: 'https://ml.example', cookie: session }
    const made = await app.ask('POST', '/api/v1/keys', { payload, headers: as })
    const key = { authorization: `Bearer ${made.json().key}` }
    expect((await app.ask('GET', '/api/v1/users', { headers: key })).statusCode).toBe(200)

    account('vera', { groups: ['sales'] })
    expect((await logIn(app, '/')).to).toBe('/login?failed=oidc_refused')
    for (const headers of [key, as]) {
      const refused = await app.ask('GET', '/api/v1/users', { headers })
      expect([refused.statusCode, refused.json().code]).toEqual([401, 'credentials_invalid'])
    }
    const { rows } = await sql`
      select detail from audit where verb = 'auth.withdraw_identity' and subject = 'users/vera'
    `.execute(app.ctx.db)
    expect(rows).toEqual([{ detail: { user: 'vera', change: 'switched off' } }])
    // Again there is nothing to take; with a role, an admin lets in again.
    expect((await logIn(app, '/')).to).toBe('/login?failed=oidc_refused')
    account('vera', { groups: ['ml-team'] })
    expect((await logIn(app, '/')).to).toBe('/login?failed=oidc_refused')
    await app.ask('PATCH', '/api/v1/users/vera', { payload: { is_active: true }, headers: own })
    expect((await logIn(app)).who.user.role).toBe('editor')
  })

  test('the last admin keeps them, and one of a provider of former days is none', async () => {
    const app = await openWith({ roleClaim: 'groups', roles, defaultRole: undefined })
    account('vera', { groups: ['ml-admins'] })
    await logIn(app)
    account('vera', { groups: ['sales'] })
    expect((await logIn(app, '/')).to).toBe('/login?failed=last_admin')

    account('vera', { groups: ['ml-admins'] })
    const { session } = await logIn(app)
    const as = { ...headers, origin: 'https://ml.example', cookie: session }
    const payload = { name: 'anna', role: 'admin', password: goodPassword }
    expect((await app.ask('POST', '/api/v1/users', { payload, headers: as })).statusCode).toBe(200)
    const identityOf = (issuer: string) => sql`update user_identities set issuer = ${issuer}`.execute(app.ctx.db)
    await identityOf('https://former.example')
    const change = { payload: { role: 'viewer' }, headers: as }
    for (const refused of [
      await app.ask('PATCH', '/api/v1/users/anna', change),
      await app.ask('DELETE', '/api/v1/users/anna', { headers: as }),
    ]) {
      expect([refused.statusCode, refused.json().code]).toEqual([409, 'last_admin'])
    }
    await identityOf(`${provider.issuer}/`)
    expect((await app.ask('PATCH', '/api/v1/users/anna', change)).statusCode).toBe(200)
  })

  test('the first user of a server must be an admin, and the last one stays it', async () => {
    const app = await openWith({ roleClaim: 'groups', roles })
    account('vera', { groups: ['ml-team'] })
    expect((await logIn(app, '/')).to).toBe('/login?failed=first_user_not_admin')
    account('vera', { groups: ['ml-admins'] })
    expect((await logIn(app)).who.user.role).toBe('admin')
    account('vera', { groups: [] })
    expect((await logIn(app, '/')).to).toBe('/login?failed=last_admin')
  })
})

describe('what does not prove who somebody is', () => {
  const failed = (code: string) => `/login?failed=${code}&next=%2Fmodels%3Ffilter%3Dx`

  test('a wrong state, another browser, a login too old', async () => {
    account('vera')
    const first = await begin()
    const back = await provider.visit(first.address)
    const wrong = new URL(back)
    wrong.searchParams.set('state', 'x'.repeat(43))
    expect((await comeBack(wrong, first.cookie)).headers.location).toBe(failed('oidc_failed'))
    // The browser of another login, none at all, and a cookie that is made up.
    const second = await begin()
    expect((await comeBack(back, second.cookie)).headers.location).toBe(failed('oidc_failed'))
    for (const cookie of ['', 'fabrique_oidc=e30.e30.e30', `${first.cookie}x`])
      expect((await comeBack(back, cookie)).headers.location).toBe('/login?failed=oidc_failed')
    suite.clock.advance(11 * 60_000)
    expect((await comeBack(back, first.cookie)).headers.location).toBe('/login?failed=oidc_failed')
  })

  test('a code that was used already, or that is none', async () => {
    account('vera')
    const { address, cookie } = await begin()
    const back = await provider.visit(address)
    expect((await comeBack(back, cookie)).headers.location).toBe('/models?filter=x')
    const replayed = await comeBack(back, cookie)
    expect([replayed.headers.location, cookiesOf(replayed)]).toEqual([failed('oidc_failed'), ['fabrique_oidc=']])
    const made = new URL(back)
    made.searchParams.set('code', 'guessed')
    expect((await comeBack(made, cookie)).headers.location).toBe(failed('oidc_failed'))
    // The provider names itself, so that an answer of another one is not taken for its own.
    made.searchParams.set('iss', 'https://evil.example')
    expect((await comeBack(made, cookie)).headers.location).toBe(failed('oidc_failed'))
  })

  const hour = 3600
  const now = () => Math.floor(Date.now() / 1000)
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const changed = (more: JWTPayload) => (claims: JWTPayload, key: Parameters<typeof signed>[1]) =>
    signed({ ...claims, ...more }, key)
  const tampers: Record<string, NonNullable<OidcServer['tamper']>> = {
    'another nonce': changed({ nonce: 'of another login' }),
    'another audience': changed({ aud: 'another program' }),
    'another issuer': changed({ iss: 'https://evil.example' }),
    'an expired token': changed({ iat: now() - 2 * hour, exp: now() - hour }),
    'a token without an end': async ({ exp: _, ...claims }, key) => signed(claims, key),
    'a token without a subject': async ({ sub: _, ...claims }, key) => signed(claims, key),
    'no signature': async (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`,
    'the signature of another key': async (claims) => signed(claims, otherKey),
    'a signature with the secret of the client': async (claims) =>
      signed(claims, new TextEncoder().encode(ownClient.secret.padEnd(32, '.')), 'HS256'),
    'claims changed behind the signature': async (claims, key) => {
      const [header, , signature] = (await signed(claims, key)).split('.')
      return `${header}.${encoded({ ...claims, sub: 'anna' })}.${signature}`
    },
  }
  test.each(Object.entries(tampers))('%s', async (_, tamper) => {
    account('vera')
    provider.tamper = tamper
    const { to, session } = await logIn()
    expect([to, session]).toEqual([failed('oidc_failed'), ''])
  })

  test('a right one, signed anew, is taken: the cases above fail for what they change', async () => {
    account('vera')
    provider.tamper = changed({})
    expect((await logIn()).to).toBe('/models?filter=x')
  })

  test('who gives up at the provider is told so', async () => {
    provider.account = undefined
    expect((await logIn()).to).toBe(failed('oidc_denied'))
  })
})

test('logins that fail are counted by address, those that succeed are not', async () => {
  const app = await openAuthApp({ oidc: settings(), rate: '2/minute' })
  opened.push(app)
  const fail = () => comeBack('/api/v1/oidc/callback?code=x&state=y', '', app)
  expect((await fail()).headers.location).toBe('/login?failed=oidc_failed')
  expect((await fail()).headers.location).toBe('/login?failed=oidc_failed')
  expect((await fail()).headers.location).toBe('/login?failed=rate_limited')
})

test('while the provider is away, that is told, and passwords and sessions go on', async () => {
  const gone = await openOidcServer(redirectUrl)
  const app = await openAuthApp({ oidc: { ...settings(), issuer: gone.issuer } })
  opened.push(app)
  const own = await app.makeUser('anna', 'admin')
  gone.account = { id: 'vera', claims: { preferred_username: 'vera' } }
  const { address, cookie } = await begin(app)
  const back = await gone.visit(address)
  await gone.close()
  expect((await comeBack(back, cookie, app)).headers.location).toBe(
    '/login?failed=oidc_unavailable&next=%2Fmodels%3Ffilter%3Dx',
  )
  const other = await openAuthApp({ oidc: { ...settings(), issuer: gone.issuer } })
  opened.push(other)
  expect((await begin(other, '/')).address).toBe('/login?failed=oidc_unavailable')
  const payload = { name: 'anna', password: goodPassword }
  expect((await app.ask('POST', '/api/v1/session', { payload })).statusCode).toBe(200)
  expect((await app.ask('GET', '/api/v1/users', { headers: own })).statusCode).toBe(200)
})
