import { SignJWT } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, goodPassword, openAuthApp } from '../../test/support/auth-app.js'
import { askToken, authCalls, basic, cookieOf, mountGuarded } from '../../test/support/auth-calls.js'
import { tidyUpAuth } from '../contexts/auth/index.js'

let suite: AuthApp
let admin: { readonly authorization: string }
beforeAll(async () => {
  suite = await openAuthApp({ mount: mountGuarded })
  admin = await suite.makeUser('anna', 'admin')
  await suite.makeUser('vera', 'viewer')
})
afterAll(() => suite?.close())

const { logIn, tokenOf, who } = authCalls(() => suite)

describe('POST /token', () => {
  test('gives a token that is valid for half an hour', async () => {
    const reply = await askToken(suite, 'anna', goodPassword)
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.json()).toMatchObject({ token_type: 'bearer', expires_in: 1800 })
    const headers = { authorization: `Bearer ${reply.json().access_token}` }
    expect(await who(headers)).toBe('user:anna')
    suite.clock.advance(1_799_000)
    expect(await who(headers)).toBe('user:anna')
    suite.clock.advance(2_000)
    const late = await suite.ask('GET', '/plain', { headers })
    expect(late.json()).toMatchObject({ code: 'credentials_invalid', params: { reason: 'it has expired' } })
  })

  test('narrows a token to the scopes asked for', async () => {
    const reply = await askToken(suite, 'anna', goodPassword, { scope: 'runs.read users.write unknown' })
    expect(reply.json().scope).toBe('runs.read users.write')
    const narrow = await askToken(suite, 'vera', goodPassword, { scope: 'runs.read users.write' })
    expect(narrow.json().scope).toBe('runs.read')
    const headers = { authorization: `Bearer ${narrow.json().access_token}` }
    expect((await suite.ask('POST', '/predict/iris', { headers })).statusCode).toBe(403)
  })

  test.each([['nothing-known'], ['read:items  write:items'], ['users.write']])(
    'gives none where %j is all that is asked for',
    async (scope) => {
      const reply = await askToken(suite, 'vera', goodPassword, { scope })
      expect([reply.statusCode, reply.json().error]).toEqual([400, 'invalid_scope'])
      expect(reply.payload).not.toContain('access_token')
    },
  )

  test.each([
    ['a wrong password', 'anna', 'a stone under six maples'],
    ['an unknown name', 'nobody-here', goodPassword],
    ['a name that cannot be stored', 'an\u0000na', goodPassword],
    ['a very long password', 'anna', 'x'.repeat(20_000)],
  ])('answers %s as FastAPI does, with the words of RFC 6749 beside', async (_, name, password) => {
    const reply = await askToken(suite, name, password)
    expect(reply.statusCode).toBe(401)
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="fabrique"')
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.json()).toMatchObject({
      error: 'invalid_grant',
      error_description: expect.any(String),
      detail: 'Incorrect username or password',
    })
  })

  test('says what is wrong with a request', async () => {
    const grant = await askToken(suite, 'anna', goodPassword, { grant_type: 'client_credentials' })
    expect([grant.statusCode, grant.json().error]).toEqual([400, 'unsupported_grant_type'])
    expect((await askToken(suite, 'anna', goodPassword, { grant_type: 'password' })).statusCode).toBe(200)
    const empty = await askToken(suite, '', '')
    expect([empty.statusCode, empty.json().error]).toEqual([400, 'invalid_request'])
    const json = await suite.ask('POST', '/token', { payload: { username: 'anna', password: goodPassword } })
    expect([json.statusCode, json.json().error]).toEqual([415, 'invalid_request'])
  })

  test('answers 400 instead where the owner says so', async () => {
    const strict = await openAuthApp({ isStrict: true })
    try {
      await strict.makeUser('anna', 'admin')
      const reply = await askToken(strict, 'anna', 'wrong')
      expect([reply.statusCode, reply.json().error]).toEqual([400, 'invalid_grant'])
    } finally {
      await strict.close()
    }
  })

  test('no other token is taken', async () => {
    const good = (await tokenOf('anna')).authorization.slice('Bearer '.length)
    const { rows } = await sql<{ secret: Buffer }>`select secret from token_keys`.execute(suite.ctx.db)
    const secret = new Uint8Array(rows[0]?.secret ?? Buffer.alloc(32))
    const claims = JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString())
    const made = (header: object, change: object, key = secret) =>
      new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header }).sign(key)
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    // The way to make them is right.
    expect(await who({ authorization: `Bearer ${await made({}, {})}` })).toBe('user:anna')
    const bad = [
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims)}.`,
      await made({}, {}, new Uint8Array(32)),
      await made({ alg: 'HS512' }, {}, new Uint8Array([...secret, ...secret])),
      await made({ typ: 'JWT' }, {}),
      await made({}, { aud: 'another' }),
      await made({}, { iss: 'another' }),
      await made({}, { exp: claims.iat - 1 }),
      await made({}, { nbf: claims.exp }),
      await made({}, { exp: undefined }),
      await made({}, { jti: undefined }),
      await made({}, { ver: claims.ver + 1 }),
      await made({}, { sub: 'user_of_another_server' }),
      good.replace(/\..*\./, `.${encode({ ...claims, sub: 'user_other' })}.`),
      `${good}x`,
      'not.a.token',
      'x',
    ]
    for (const text of bad) {
      expect([text, await who({ authorization: `Bearer ${text}` })]).toEqual([text, 'credentials_invalid'])
    }
  })

  test('a token is given back, alone or with all of its user', async () => {
    const [first, second] = [await tokenOf('anna'), await tokenOf('anna')]
    expect((await suite.ask('DELETE', '/api/v1/session', { headers: first })).statusCode).toBe(200)
    expect([await who(first), await who(second)]).toEqual(['credentials_invalid', 'user:anna'])
    const headers = await suite.makeUser('pia', 'viewer')
    const token = await tokenOf('pia')
    const payload = { current: goodPassword, password: `${goodPassword} more` }
    expect((await suite.ask('PUT', '/api/v1/password', { payload, headers: token })).statusCode).toBe(200)
    expect([await who(token), await who(headers)]).toEqual([
      'credentials_invalid',
      expect.stringContaining('user:pia#'),
    ])
    expect(await who(basic('pia', goodPassword))).toBe('login_failed')
    expect(await who(basic('pia', `${goodPassword} more`))).toBe('user:pia')
  })
})

describe('sessions of browsers', () => {
  test('are a cookie that scripts cannot read', async () => {
    const reply = await suite.ask('POST', '/api/v1/session', { payload: { name: 'anna', password: goodPassword } })
    expect(reply.json()).toMatchObject({ state: 'known', actor: 'user:anna', user: { name: 'anna', role: 'admin' } })
    expect(reply.payload).not.toMatch(/password_hash|argon2|maples/)
    expect(reply.headers['set-cookie']).toMatch(
      /^fabrique_session=[0-9A-Za-z]{43}; Path=\/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$/,
    )
    const proxied = await suite.ask('POST', '/api/v1/session', {
      payload: { name: 'anna', password: goodPassword },
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(proxied.headers['set-cookie']).toMatch(/; Secure$/)
    const headers = { cookie: cookieOf(reply) }
    expect(await who(headers)).toBe('user:anna')
    expect((await suite.ask('GET', '/api/v1/session', { headers })).json()).toMatchObject({ state: 'known' })
  })

  test.each([['wrong'], ['']])('a wrong password (%j) begins none', async (password) => {
    const reply = await suite.ask('POST', '/api/v1/session', { payload: { name: 'anna', password } })
    expect([reply.statusCode, reply.json().code, reply.headers['set-cookie']]).toEqual([401, 'login_failed', undefined])
  })

  test('end when nothing is asked for half a day, and after a week in any case', async () => {
    const idle = await logIn('anna')
    suite.clock.advance(11 * 3_600_000)
    expect(await who(idle)).toBe('user:anna')
    suite.clock.advance(11 * 3_600_000)
    expect(await who(idle)).toBe('user:anna')
    suite.clock.advance(13 * 3_600_000)
    expect(await who(idle)).toBe('credentials_invalid')
    const busy = await logIn('anna')
    for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
      suite.clock.advance(6 * 3_600_000)
      expect(await who(busy)).toBe('user:anna')
    }
    suite.clock.advance(6 * 3_600_000)
    expect(await who(busy)).toBe('credentials_invalid')
    await tidyUpAuth(suite.ctx)
    const { rows } = await sql`select from sessions where expires_at < ${suite.clock.now()}`.execute(suite.ctx.db)
    expect(rows).toEqual([])
  })

  test('are listed and ended, by their user only', async () => {
    await suite.makeUser('sam', 'viewer')
    const [here, there] = [await logIn('sam'), await logIn('sam')]
    const listed = (await suite.ask('GET', '/api/v1/sessions', { headers: here })).json().items
    expect(listed).toHaveLength(2)
    const other = listed.find(({ is_current }: { is_current: boolean }) => !is_current)
    const refused = await suite.ask('DELETE', `/api/v1/sessions/${other.id}`, { headers: await logIn('anna') })
    expect([refused.statusCode, refused.json().code]).toEqual([404, 'session_not_found'])
    expect((await suite.ask('DELETE', `/api/v1/sessions/${other.id}`, { headers: here })).statusCode).toBe(200)
    expect([await who(here), await who(there)]).toEqual(['user:sam', 'credentials_invalid'])
    const out = await suite.ask('DELETE', '/api/v1/session', { headers: here })
    expect(out.headers['set-cookie']).toContain('Max-Age=0')
    expect(await who(here)).toBe('credentials_invalid')
    // Logging in works with the cookie of a session that is over.
    const payload = { name: 'sam', password: goodPassword }
    expect((await suite.ask('POST', '/api/v1/session', { payload, headers: here })).statusCode).toBe(200)
  })

  test('a new password ends the others', async () => {
    await suite.makeUser('tom', 'viewer')
    const [here, there] = [await logIn('tom'), await logIn('tom')]
    const put = (current: string, password: string) =>
      suite.ask('PUT', '/api/v1/password', { payload: { current, password }, headers: here })
    expect((await put('wrong', `${goodPassword}!`)).json().code).toBe('login_failed')
    expect((await put(goodPassword, 'short')).json().code).toBe('password_refused')
    expect((await put(goodPassword, `${goodPassword}!`)).statusCode).toBe(200)
    expect([await who(here), await who(there)]).toEqual(['user:tom', 'credentials_invalid'])
  })

  test('pages of other origins change nothing with the cookie, also those of another port', async () => {
    const session = await logIn('anna')
    const host = '127.0.0.1:8000'
    const change = (more: Record<string, string>) =>
      suite
        .ask('POST', '/predict/iris', { headers: { ...session, host, ...more } })
        .then(({ statusCode }) => statusCode)
    expect(await change({ origin: 'http://127.0.0.1:8000' })).toBe(200)
    expect(await change({ origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await change({ origin: 'https://ml.example', 'sec-fetch-site': 'cross-site' })).toBe(200)
    expect(await change({})).toBe(200)
    expect(await change({ origin: 'http://127.0.0.1:3000' })).toBe(403)
    expect(await change({ origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await change({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await change({ 'sec-fetch-site': 'cross-site', host: 'ml.example' })).toBe(403)
    expect(await change({ origin: 'https://ml.example:3000', 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await change({ origin: 'http://evil.example' })).toBe(403)
    // Reading sends nothing to a page of another origin, and what knows a key needs no cookie.
    expect(await who({ ...session, 'sec-fetch-site': 'cross-site' })).toBe('user:anna')
    const program = await suite.ask('POST', '/predict/iris', {
      headers: { ...admin, host, origin: 'http://127.0.0.1:3000' },
    })
    expect(program.statusCode).toBe(200)
  })
})

test('what guesses passwords is slowed down, for one account and for one address', async () => {
  const slow = await openAuthApp({ rate: '12/minute' })
  try {
    await slow.makeUser('anna', 'admin')
    const codes: unknown[] = []
    for (let round = 0; round < 20; round += 1) {
      const reply = await askToken(slow, 'anna', `guess ${round}`)
      codes.push(reply.statusCode)
      if (reply.statusCode === 429) expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
    }
    expect(codes[0]).toBe(401)
    expect(codes.at(-1)).toBe(429)
    // Nor by another way in.
    const basicReply = await slow.ask('GET', '/api/v1/users', { headers: basic('anna', 'guess') })
    expect(basicReply.statusCode).toBe(429)
    expect(Number(basicReply.headers['retry-after'])).toBeGreaterThan(0)
  } finally {
    await slow.close()
  }
})

test('the password in use is not guessed through its change either', async () => {
  const own = await openAuthApp()
  try {
    await own.makeUser('anna', 'admin')
    const login = await own.ask('POST', '/api/v1/session', { payload: { name: 'anna', password: goodPassword } })
    const headers = { cookie: cookieOf(login) }
    const put = async (current: string) => {
      const payload = { current, password: `${goodPassword}!` }
      return own.ask('PUT', '/api/v1/password', { payload, headers })
    }
    for (let round = 0; round < 5; round += 1) expect((await put(`guess ${round}`)).json().code).toBe('login_failed')
    const delayed = await put(goodPassword)
    expect([delayed.statusCode, delayed.json().code]).toEqual([429, 'login_delayed'])
    expect(delayed.headers['retry-after']).toBe('1')
    own.clock.advance(1000)
    expect((await put(goodPassword)).statusCode).toBe(200)
    // A right one ends the wait.
    expect((await askToken(own, 'anna', 'a guess')).statusCode).toBe(401)
  } finally {
    await own.close()
  }
})

test('who logs in with the right password is not limited with those who share the address', async () => {
  const own = await openAuthApp({ rate: '3/minute' })
  try {
    await own.makeUser('anna', 'admin')
    for (let round = 0; round < 6; round += 1) expect((await askToken(own, 'anna', goodPassword)).statusCode).toBe(200)
    const codes = []
    for (let round = 0; round < 4; round += 1) codes.push((await askToken(own, `none ${round}`, 'x')).statusCode)
    expect(codes).toEqual([401, 401, 401, 429])
  } finally {
    await own.close()
  }
})
