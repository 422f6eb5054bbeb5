import { FabriqueError } from '@fabrique/contract'
import { SignJWT } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, goodPassword, openAuthApp } from '../../test/support/auth-app.js'
import { makeAdminLink, makeProgramKey, openAuthenticator, tidyUpAuth } from '../contexts/auth/index.js'
import { createModel, updateModel } from '../contexts/registry/index.js'
import { openEventStream } from '../platform/events/index.js'
import { authoriseModel, requestActor } from '../platform/index.js'
import { mountMlflowEndpoints } from '../platform/mlflow/index.js'

/** Routes with the rules that others have: one that changes models, one that predicts, one of MLflow, and a public one. */
const mount: NonNullable<Parameters<typeof openAuthApp>[0]>['mount'] = (app, contextOf) => {
  app.post('/models/:model', { config: { access: 'models.write' } }, async (request) => {
    const { model } = request.params as { model: string }
    return createModel({ ctx: contextOf(request), input: { name: model } })
  })
  app.post('/models/:model/rename/:name', async (request) => {
    const { model, name } = request.params as { model: string; name: string }
    return updateModel({ ctx: contextOf(request), input: { model, name } })
  })
  app.post('/predict/:model', async (request) => {
    authoriseModel(requestActor(request), 'predictions.make', (request.params as { model: string }).model)
    return { actor: requestActor(request).id }
  })
  app.get('/open', { config: { access: 'public' } }, async (request) => ({ actor: requestActor(request).id }))
  app.get('/plain', async (request) => ({ actor: requestActor(request).id }))
  mountMlflowEndpoints(app, [{ method: 'POST', path: 'who', handle: async ({ ctx }) => ({ actor: ctx.actor.id }) }], {
    contextOf,
  })
}

let suite: AuthApp
let admin: { readonly authorization: string }
beforeAll(async () => {
  suite = await openAuthApp({ mount })
})
afterAll(() => suite?.close())

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const who = async (headers: Record<string, string>) => {
  const reply = await suite.ask('GET', '/plain', { headers })
  return reply.statusCode === 200 ? reply.json().actor : reply.json().code
}
const token = (name: string, password: string, more: Record<string, string> = {}, app = suite) =>
  app.ask('POST', '/token', {
    payload: new URLSearchParams({ username: name, password, ...more }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const tokenOf = async (name: string, more: Record<string, string> = {}) => {
  const reply = await token(name, goodPassword, more)
  expect(reply.statusCode).toBe(200)
  return { authorization: `Bearer ${reply.json().access_token}` }
}
const cookieOf = (reply: { readonly headers: Record<string, unknown> }) =>
  String(reply.headers['set-cookie']).split(';')[0] ?? ''
const logIn = async (name: string) => {
  const reply = await suite.ask('POST', '/api/v1/session', { payload: { name, password: goodPassword } })
  expect(reply.statusCode).toBe(200)
  return { cookie: cookieOf(reply) }
}

test('while there are no users, nobody needs to log in, whatever is sent', async () => {
  expect((await suite.ask('GET', '/plain')).json()).toEqual({ actor: 'local' })
  expect(await who({ authorization: 'Bearer nonsense' })).toBe('local')
  expect((await suite.ask('GET', '/api/v1/session')).json()).toMatchObject({ state: 'open', actor: 'local' })
  // An account of one's own there is none.
  const key = await suite.ask('POST', '/api/v1/keys', { payload: { name: 'x' } })
  expect([key.statusCode, key.json().code]).toEqual([409, 'no_account'])
})

test('the first user is an admin, and from then on everybody logs in', async () => {
  const payload = { name: 'eve', password: goodPassword, role: 'viewer' }
  const refused = await suite.ask('POST', '/api/v1/users', { payload })
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'first_user_not_admin'])
  admin = await suite.makeUser('anna', 'admin')
  expect((await suite.ask('GET', '/open')).statusCode).toBe(200)
  const anonymous = await suite.ask('GET', '/plain')
  expect([anonymous.statusCode, anonymous.json().code]).toEqual([401, 'login_required'])
  expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="fabrique"')
  expect((await suite.ask('GET', '/api/v1/session')).json()).toEqual({ state: 'anonymous', permissions: [] })
  // What is nowhere tells nothing of who may.
  expect((await suite.ask('GET', '/nowhere')).statusCode).toBe(404)
})

test('the protocol of MLflow is refused in its own words, and asks for a password too', async () => {
  const ask = (headers = {}) => suite.ask('POST', '/api/2.0/mlflow/who', { payload: {}, headers })
  const refused = await ask()
  expect(refused.statusCode).toBe(401)
  expect(refused.json()).toEqual({ error_code: 'UNAUTHENTICATED', message: 'This needs a login' })
  expect(refused.headers['www-authenticate']).toEqual(['Basic realm="fabrique"', 'Bearer realm="fabrique"'])
  const forPages = await suite.ask('POST', '/ajax-api/2.0/mlflow/who', { payload: {} })
  expect(forPages.headers['www-authenticate']).toBe('Bearer realm="fabrique"')
  // As MLFLOW_TRACKING_USERNAME and _PASSWORD, and as MLFLOW_TRACKING_TOKEN.
  expect((await ask(basic('Anna', goodPassword))).json()).toEqual({ actor: 'user:anna' })
  expect((await ask(admin)).json().actor).toMatch(/^user:anna#[0-9a-f]{12}$/)
})

describe('keys', () => {
  test('are taken as Bearer, as X-API-Key and in the place of a password', async () => {
    const key = admin.authorization.slice('Bearer '.length)
    const expected = `user:anna#${key.split('_')[1]}`
    for (const headers of [admin, { 'x-api-key': key }, basic('whoever', key), basic(key, '')]) {
      expect(await who(headers)).toBe(expected)
    }
    expect(await who({ ...admin, 'x-api-key': key })).toBe('credentials_unclear')
  })

  test('are kept as a hash, shown once, and not in lists', async () => {
    const made = await suite.ask('POST', '/api/v1/keys', { payload: { name: 'shown' }, headers: admin })
    const { key, api_key } = made.json()
    expect(made.headers['cache-control']).toBe('no-store')
    const { rows } = await sql<{ text: string }>`select api_keys::text as text from api_keys`.execute(suite.ctx.db)
    expect(rows.some(({ text }) => text.includes(key.slice(-20)))).toBe(false)
    const listed = await suite.ask('GET', '/api/v1/keys', { headers: admin })
    expect(listed.json().items).toContainEqual(api_key)
    expect(listed.payload).not.toContain(key.slice(-20))
    expect(listed.payload).not.toContain('hash')
  })

  test('may no more than their owner, and what they are limited to', async () => {
    const editor = await suite.makeUser('ed', 'editor')
    const make = (payload: object, headers: object = editor) =>
      suite.ask('POST', '/api/v1/keys', { payload: { name: 'k', ...payload }, headers: { ...headers } })
    const wide = await make({ scopes: ['users.write', 'models.read'] })
    expect([wide.statusCode, wide.json().code, wide.json().params.what]).toEqual([
      403,
      'api_key_too_wide',
      'users.write',
    ])
    const narrow = await make({ scopes: ['predictions.make', 'account.write'], models: ['iris'] })
    const headers = { authorization: `Bearer ${narrow.json().key}` }
    const predict = (model: string) => suite.ask('POST', `/predict/${model}`, { headers })
    expect((await predict('iris')).statusCode).toBe(200)
    const other = await predict('churn')
    expect([other.statusCode, other.json().code]).toEqual([403, 'model_not_granted'])
    const refused = await suite.ask('POST', '/models/iris', { headers })
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'permission_denied'])
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer realm="fabrique", error="insufficient_scope", scope="models.write"',
    )
    // A key that a narrow key makes is as narrow.
    const child = await make({}, headers)
    expect(child.json().api_key).toMatchObject({ scopes: ['predictions.make', 'account.write'], models: ['iris'] })
    const beyond = await make({ models: ['churn'] }, headers)
    expect([beyond.statusCode, beyond.json().params.what]).toEqual([403, 'churn'])
    // So is one that a token of few scopes makes.
    const scoped = await make({}, await tokenOf('ed', { scope: 'account.write runs.read' }))
    expect(scoped.json().api_key.scopes).toEqual(expect.arrayContaining(['account.write', 'runs.read']))
    expect(scoped.json().api_key.scopes).toHaveLength(2)
  })

  test('lose what their owner loses, at once', async () => {
    const operator = await suite.makeUser('olga', 'operator')
    expect((await suite.ask('POST', '/models/olgas', { headers: operator })).statusCode).toBe(200)
    const change = (payload: object) => suite.ask('PATCH', '/api/v1/users/olga', { payload, headers: admin })
    await change({ role: 'viewer' })
    expect((await suite.ask('POST', '/models/other', { headers: operator })).statusCode).toBe(403)
    await change({ is_active: false })
    expect(await who(operator)).toBe('credentials_invalid')
    await change({ is_active: true, role: 'operator', models: ['olgas'] })
    expect((await suite.ask('POST', '/models/other', { headers: operator })).json().code).toBe('model_not_granted')
  })

  test('are revoked at once, and by nobody else', async () => {
    const make = async (headers: object) =>
      (await suite.ask('POST', '/api/v1/keys', { payload: { name: 'r' }, headers: { ...headers } })).json()
    const viewer = await suite.makeUser('vera', 'viewer')
    const own = await make(viewer)
    const key = { authorization: `Bearer ${own.key}` }
    expect(await who(key)).toMatch(/^user:vera#/)
    const foreign = await make(admin)
    const refused = await suite.ask('DELETE', `/api/v1/keys/${foreign.api_key.id}`, { headers: viewer })
    expect([refused.statusCode, refused.json().code]).toEqual([404, 'api_key_not_found'])
    expect((await suite.ask('GET', '/api/v1/keys?all=true', { headers: viewer })).statusCode).toBe(403)
    expect((await suite.ask('DELETE', `/api/v1/keys/${own.api_key.id}`, { headers: viewer })).json().state).toBe(
      'revoked',
    )
    const reply = await suite.ask('GET', '/plain', { headers: key })
    expect(reply.json()).toMatchObject({ code: 'credentials_invalid', params: { reason: 'it was revoked' } })
    expect(reply.headers['www-authenticate']).toContain('error="invalid_token"')
    const again = await suite.ask('DELETE', `/api/v1/keys/${own.api_key.id}`, { headers: admin })
    expect(again.statusCode).toBe(200)
  })

  test('are rotated with an overlap, and expire', async () => {
    const make = await suite.ask('POST', '/api/v1/keys', {
      payload: { name: 'ci', expires_in_days: 30 },
      headers: admin,
    })
    const before = make.json()
    const rotate = `/api/v1/keys/${before.api_key.id}/rotate`
    const after = (await suite.ask('POST', rotate, { payload: { overlap_hours: 2 }, headers: admin })).json()
    const [old, next] = [before, after].map(({ key }) => ({ authorization: `Bearer ${key}` }))
    expect(await who(old ?? {})).toBe(`user:anna#${before.api_key.id}`)
    expect(await who(next ?? {})).toBe(`user:anna#${after.api_key.id}`)
    suite.clock.advance(2 * 3_600_000)
    expect(await who(old ?? {})).toBe('credentials_invalid')
    expect(await who(next ?? {})).toBe(`user:anna#${after.api_key.id}`)
    suite.clock.advance(30 * 86_400_000)
    expect(await who(next ?? {})).toBe('credentials_invalid')
    const listed = (await suite.ask('GET', '/api/v1/keys', { headers: admin })).json().items
    const states = listed
      .filter(({ name }: { name: string }) => name === 'ci')
      .map(({ state }: { state: string }) => state)
    expect(states).toEqual(['expired', 'expired'])
  })

  test('of programs of projects are short-lived and may not manage users', async () => {
    const key = await makeProgramKey({ ctx: suite.ctx, input: {} })
    const headers = { authorization: `Bearer ${key}` }
    expect(await who(headers)).toMatch(/^system:program#/)
    expect((await suite.ask('POST', '/models/made-by-program', { headers })).statusCode).toBe(200)
    expect((await suite.ask('GET', '/api/v1/users', { headers })).statusCode).toBe(403)
    suite.clock.advance(49 * 3_600_000)
    expect(await who(headers)).toBe('credentials_invalid')
  })

  test('of programs are revoked by admins, and by no program', async () => {
    const [one, other] = [
      await makeProgramKey({ ctx: suite.ctx, input: {} }),
      await makeProgramKey({ ctx: suite.ctx, input: {} }),
    ]
    const headers = { authorization: `Bearer ${one}` }
    const revoke = (as: object, method: 'DELETE' | 'POST' = 'DELETE') => {
      const url = `/api/v1/keys/${one.split('_')[1]}`
      const payload = method === 'POST' ? { payload: { overlap_hours: 1 } } : {}
      return suite.ask(method, method === 'POST' ? `${url}/rotate` : url, { headers: { ...as }, ...payload })
    }
    for (const as of [{ authorization: `Bearer ${other}` }, headers, await tokenOf('ed')]) {
      expect([403, 404]).toContain((await revoke(as)).statusCode)
    }
    expect(await who(headers)).toMatch(/^system:program#/)
    // Its programs would not learn of another one.
    expect((await revoke(admin, 'POST')).json().code).toBe('api_key_not_found')
    const revoked = await revoke(admin)
    expect([revoked.statusCode, revoked.json().state]).toEqual([200, 'revoked'])
    expect(await who(headers)).toBe('credentials_invalid')
  })

  test('the time of their last use is kept to the minute, without a write for each request', async () => {
    const headers = await suite.makeUser('luke', 'viewer')
    const lastUsed = async () => {
      const { rows } = await sql<{ at: Date | null; tx: string }>`
        select k.last_used_at as at, k.xmin::text as tx from api_keys k join users u on u.id = k.user_id where u.name = 'luke'
      `.execute(suite.ctx.db)
      return rows[0]
    }
    await who(headers)
    const first = await lastUsed()
    expect(first?.at).toEqual(suite.clock.now())
    suite.clock.advance(30_000)
    await who(headers)
    expect(await lastUsed()).toEqual(first)
    suite.clock.advance(60_000)
    await who(headers)
    expect((await lastUsed())?.at).toEqual(suite.clock.now())
  })

  test('a key that was seen a moment ago is not looked up again', async () => {
    const own = await openAuthApp({ mount })
    try {
      const headers = await own.makeUser('quinn', 'admin')
      const ask = async () => (await own.ask('GET', '/plain', { headers })).json().actor
      expect(await ask()).toMatch(/^user:quinn#/)
      // Nothing of the database is needed any more.
      await sql`alter table api_keys rename to api_keys_away`.execute(own.ctx.db)
      for (let round = 0; round < 5; round += 1) expect(await ask()).toMatch(/^user:quinn#/)
      // Nor does anybody who logs out of nothing empty what is known of others.
      expect((await own.ask('DELETE', '/api/v1/session')).statusCode).toBe(200)
      expect(await ask()).toMatch(/^user:quinn#/)
    } finally {
      await own.close()
    }
  })
})

describe('models that one is limited to', () => {
  test('are the only ones that are made, changed and renamed', async () => {
    const headers = await suite.makeUser('mia', 'editor', { models: ['mine', 'mine-too'] })
    const post = async (url: string) => (await suite.ask('POST', url, { headers })).statusCode
    await suite.ask('POST', '/models/not-hers', { headers: admin })
    expect(await post('/models/mine')).toBe(200)
    expect(await post('/models/new')).toBe(403)
    expect(await post('/models/not-hers/rename/mine-too')).toBe(403)
    expect(await post('/models/mine/rename/stolen')).toBe(403)
    expect(await post('/models/mine/rename/mine-too')).toBe(200)
    const { rows } = await sql`select name from registered_models where name in ('new', 'stolen')`.execute(suite.ctx.db)
    expect(rows).toEqual([])
  })
})

describe('POST /token', () => {
  test('gives a token that is valid for half an hour', async () => {
    const reply = await token('anna', goodPassword)
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
    const reply = await token('anna', goodPassword, { scope: 'runs.read users.write unknown' })
    expect(reply.json().scope).toBe('runs.read users.write')
    const narrow = await token('vera', goodPassword, { scope: 'runs.read users.write' })
    expect(narrow.json().scope).toBe('runs.read')
    const headers = { authorization: `Bearer ${narrow.json().access_token}` }
    expect((await suite.ask('POST', '/predict/iris', { headers })).statusCode).toBe(403)
  })

  test.each([['nothing-known'], ['read:items  write:items'], ['users.write']])(
    'gives none where %j is all that is asked for',
    async (scope) => {
      const reply = await token('vera', goodPassword, { scope })
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
    const reply = await token(name, password)
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
    const grant = await token('anna', goodPassword, { grant_type: 'client_credentials' })
    expect([grant.statusCode, grant.json().error]).toEqual([400, 'unsupported_grant_type'])
    expect((await token('anna', goodPassword, { grant_type: 'password' })).statusCode).toBe(200)
    const empty = await token('', '')
    expect([empty.statusCode, empty.json().error]).toEqual([400, 'invalid_request'])
    const json = await suite.ask('POST', '/token', { payload: { username: 'anna', password: goodPassword } })
    expect([json.statusCode, json.json().error]).toEqual([415, 'invalid_request'])
  })

  test('answers 400 instead where the owner says so', async () => {
    const strict = await openAuthApp({ isStrict: true })
    try {
      await strict.makeUser('anna', 'admin')
      const reply = await token('anna', 'wrong', {}, strict)
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

describe('users', () => {
  test('choose a password by a link, once, and the newest only', async () => {
    const make = () => suite.ask('POST', '/api/v1/users/lena/password-link', { headers: admin })
    const use = (link: string, password = goodPassword) =>
      suite.ask('POST', '/api/v1/password-link', { payload: { link, password } })
    const payload = { name: 'lena', role: 'viewer' }
    const made = await suite.ask('POST', '/api/v1/users', { payload, headers: admin })
    expect([made.statusCode, made.json().has_password]).toEqual([200, false])
    expect(await who(basic('lena', ''))).toBe('login_failed')

    const [first, second] = [(await make()).json(), (await make()).json()]
    const { rows } = await sql<{ text: string }>`select l::text as text from password_links l`.execute(suite.ctx.db)
    expect([rows.length, rows[0]?.text.includes(second.link)]).toEqual([1, false])
    for (const link of [first.link, 'nonsense', 'x'.repeat(43)]) {
      const reply = await use(link)
      expect([reply.statusCode, reply.json().code]).toEqual([403, 'password_link_invalid'])
    }
    expect((await use(second.link, 'short')).json().code).toBe('password_refused')
    const used = await use(second.link)
    expect(used.json()).toMatchObject({ state: 'known', actor: 'user:lena', user: { has_password: true } })
    expect(await who({ cookie: cookieOf(used) })).toBe('user:lena')
    expect(await who(basic('lena', goodPassword))).toBe('user:lena')
    expect((await use(second.link)).json().code).toBe('password_link_invalid')

    // A new password by it ends what the old one was logged in with; an account that is switched off gets none.
    const third = (await make()).json()
    expect((await use(third.link, `${goodPassword}!`)).statusCode).toBe(200)
    expect(await who({ cookie: cookieOf(used) })).toBe('credentials_invalid')
    const fourth = (await make()).json()
    await suite.ask('PATCH', '/api/v1/users/lena', { payload: { is_active: false }, headers: admin })
    expect((await use(fourth.link)).json().code).toBe('password_link_invalid')
    await suite.ask('PATCH', '/api/v1/users/lena', { payload: { is_active: true }, headers: admin })
    const fifth = (await make()).json()
    suite.clock.advance(73 * 3_600_000)
    expect((await use(fifth.link)).json().code).toBe('password_link_invalid')

    const viewer = await suite.makeUser('nosy', 'viewer')
    const refused = await suite.ask('POST', '/api/v1/users/anna/password-link', { headers: viewer })
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'permission_denied'])
  })

  test('an admin who cannot log in does not count as one', async () => {
    await suite.ask('POST', '/api/v1/users', { payload: { name: 'hollow', role: 'admin' }, headers: admin })
    const reply = await suite.ask('PATCH', '/api/v1/users/anna', { payload: { role: 'viewer' }, headers: admin })
    expect([reply.statusCode, reply.json().code]).toEqual([409, 'last_admin'])
    await suite.ask('DELETE', '/api/v1/users/hollow', { headers: admin })
  })

  test('are managed by admins only, and the last admin stays', async () => {
    const anna = await tokenOf('anna')
    const viewer = await tokenOf('vera')
    const ask = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, headers: object, payload?: object) => {
      const reply = await suite.ask(method, url, {
        headers: { ...headers },
        ...(payload === undefined ? {} : { payload }),
      })
      return [reply.statusCode, reply.json().code]
    }
    const user = { name: 'x', password: goodPassword, role: 'admin' }
    expect(await ask('GET', '/api/v1/users', viewer)).toEqual([403, 'permission_denied'])
    expect(await ask('POST', '/api/v1/users', viewer, user)).toEqual([403, 'permission_denied'])
    expect(await ask('PATCH', '/api/v1/users/vera', viewer, { role: 'admin' })).toEqual([403, 'permission_denied'])
    expect(await ask('DELETE', '/api/v1/users/anna', viewer)).toEqual([403, 'permission_denied'])
    expect(await ask('PATCH', '/api/v1/users/anna', anna, { role: 'viewer' })).toEqual([409, 'last_admin'])
    expect(await ask('PATCH', '/api/v1/users/ANNA', anna, { is_active: false })).toEqual([409, 'last_admin'])
    expect(await ask('DELETE', '/api/v1/users/anna', anna)).toEqual([409, 'last_admin'])
    expect(await ask('POST', '/api/v1/users', anna, { ...user, name: 'VERA' })).toEqual([409, 'user_exists'])
    expect(await ask('POST', '/api/v1/users', anna, { ...user, name: 'a:b' })).toEqual([400, 'invalid_request'])
    expect(await ask('POST', '/api/v1/users', anna, { ...user, password: 'short' })).toEqual([400, 'password_refused'])
    expect(await ask('PATCH', '/api/v1/users/none', anna, { role: 'viewer' })).toEqual([404, 'user_not_found'])
  })

  test('two admins who remove each other at once leave one', async () => {
    const both = await openAuthApp()
    try {
      const [one, two] = [await both.makeUser('one', 'admin'), await both.makeUser('two', 'admin')]
      const replies = await Promise.all([
        both.ask('DELETE', '/api/v1/users/two', { headers: one }),
        both.ask('DELETE', '/api/v1/users/one', { headers: two }),
      ])
      const refused = replies.filter(({ statusCode }) => statusCode !== 200)
      expect(refused).toHaveLength(1)
      // The one that comes second finds its login gone, or is the last admin.
      expect([401, 409]).toContain(refused[0]?.statusCode)
      const { rows } = await sql<{ name: string }>`select name from users where role = 'admin'`.execute(both.ctx.db)
      expect(rows).toHaveLength(1)
    } finally {
      await both.close()
    }
  })

  test('who is removed is nobody, with all keys and sessions; the audit trail stays', async () => {
    const headers = await suite.makeUser('zoe', 'editor')
    const session = await logIn('zoe')
    await suite.ask('POST', '/models/by-zoe', { headers })
    const removed = await suite.ask('DELETE', '/api/v1/users/zoe', { headers: await tokenOf('anna') })
    expect(removed.statusCode).toBe(200)
    expect([await who(headers), await who(session)]).toEqual(['credentials_invalid', 'credentials_invalid'])
    const { rows } = await sql<{ actor: string }>`select actor from audit where subject = 'models/by-zoe'`.execute(
      suite.ctx.db,
    )
    expect(rows[0]?.actor).toMatch(/^user:zoe#/)
  })

  test('changes stand in the audit trail and among the events, without any secret', async () => {
    const { rows } = await sql<{ verb: string; text: string }>`
      select verb, audit::text || coalesce((select string_agg(events::text, '') from events), '') as text from audit
      where verb like 'auth.%'
    `.execute(suite.ctx.db)
    const verbs = new Set(rows.map(({ verb }) => verb))
    for (const verb of [
      'insert_user',
      'write_user',
      'delete_user',
      'create_api_key',
      'revoke_api_key',
      'record_login',
    ]) {
      expect(verbs).toContain(`auth.${verb}`)
    }
    expect(
      rows.every(({ text }) => !text.includes('argon2') && !text.includes('maples') && !/fab_[0-9a-f]{12}_/.test(text)),
    ).toBe(true)
  })
})

test('passwords are hashed by Argon2id as OWASP says, and anew where the parameters were others', async () => {
  const hashOf = async () => {
    const { rows } = await sql<{ password_hash: string }>`select password_hash from users where name = 'anna'`.execute(
      suite.ctx.db,
    )
    return rows[0]?.password_hash ?? ''
  }
  expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  const { hash } = await import('@node-rs/argon2')
  const older = await hash(goodPassword, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
  await sql`update users set password_hash = ${older} where name = 'anna'`.execute(suite.ctx.db)
  await tokenOf('anna')
  expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect((await token('anna', goodPassword)).statusCode).toBe(200)
})

describe('a server that others reach and that has no users', () => {
  let closed: AuthApp
  beforeAll(async () => {
    closed = await openAuthApp({ isOpenWithoutUsers: false, mount })
  })
  afterAll(() => closed?.close())

  test('lets nobody in but by its one-time link, which makes an admin', async () => {
    expect((await closed.ask('GET', '/plain')).statusCode).toBe(401)
    expect((await closed.ask('GET', '/api/v1/session')).json()).toEqual({ state: 'first_admin', permissions: [] })
    const link = await makeAdminLink(closed.ctx)
    const use = (given: string, more: object = {}) =>
      closed.ask('POST', '/api/v1/first-admin', {
        payload: { link: given, name: 'root', password: goodPassword, ...more },
      })
    for (const wrong of ['', 'x', link.slice(1), `${link.slice(0, -1)}_`]) {
      expect((await use(wrong)).json().code).toBe('first_admin_link_invalid')
      closed.clock.advance(60_000)
    }
    // A refused password does not use it up.
    expect((await use(link, { password: 'short' })).json().code).toBe('password_refused')
    const made = await use(link)
    expect(made.json()).toMatchObject({ state: 'known', user: { name: 'root', role: 'admin' } })
    expect((await closed.ask('GET', '/plain', { headers: { cookie: cookieOf(made) } })).json()).toEqual({
      actor: 'user:root',
    })
    closed.clock.advance(60_000)
    expect((await use(link, { name: 'second' })).json().code).toBe('first_admin_link_invalid')
  })

  test.each([
    ['by hand', undefined],
    ['by another link', 'link'],
  ])('all links are void once the first user is made %s', async (_, by) => {
    const own = await openAuthApp({ isOpenWithoutUsers: by === undefined })
    try {
      const link = await makeAdminLink(own.ctx)
      if (by === undefined) await own.makeUser('anna', 'admin')
      else {
        const payload = { link: await makeAdminLink(own.ctx), name: 'anna', password: goodPassword }
        expect((await own.ask('POST', '/api/v1/first-admin', { payload })).statusCode).toBe(200)
      }
      const payload = { link, name: 'second', password: goodPassword }
      const reply = await own.ask('POST', '/api/v1/first-admin', { payload })
      expect([reply.statusCode, reply.json().code]).toEqual([403, 'first_admin_link_invalid'])
    } finally {
      await own.close()
    }
  })

  test('a link is void after a quarter of an hour', async () => {
    const link = await makeAdminLink(closed.ctx)
    closed.clock.advance(15 * 60_000)
    const reply = await closed.ask('POST', '/api/v1/first-admin', {
      payload: { link, name: 'late', password: goodPassword },
    })
    expect([reply.statusCode, reply.json().code]).toEqual([403, 'first_admin_link_invalid'])
  })
})

test('another server on the same database learns of changes by itself', async () => {
  const { ctx } = suite
  const events = openEventStream({
    db: ctx.db,
    url: suite.database.url,
    applicationName: 'fabrique-test',
    log: ctx.log,
    pollMs: 100,
  })
  const { guard, tokens } = suite
  const other = await openAuthenticator({ ctx, events, tokens, guard, isOpenWithoutUsers: true })
  try {
    const headers = await suite.makeUser('nora', 'viewer')
    const ask = async () => {
      try {
        return (await other.authenticate({ ...headers, address: '127.0.0.1' })).id
      } catch (error) {
        return error instanceof FabriqueError ? error.code : String(error)
      }
    }
    expect(await ask()).toMatch(/^user:nora#/)
    await suite.ask('DELETE', '/api/v1/users/nora', { headers: await tokenOf('anna') })
    await expect.poll(ask).toBe('credentials_invalid')
  } finally {
    other.close()
    await events.close()
  }
})

test('what guesses passwords is slowed down, for one account and for one address', async () => {
  const slow = await openAuthApp({ rate: '12/minute' })
  try {
    await slow.makeUser('anna', 'admin')
    const codes: unknown[] = []
    for (let round = 0; round < 20; round += 1) {
      const reply = await token('anna', `guess ${round}`, {}, slow)
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
    expect((await token('anna', 'a guess', {}, own)).statusCode).toBe(401)
  } finally {
    await own.close()
  }
})

test('who logs in with the right password is not limited with those who share the address', async () => {
  const own = await openAuthApp({ rate: '3/minute' })
  try {
    await own.makeUser('anna', 'admin')
    for (let round = 0; round < 6; round += 1) expect((await token('anna', goodPassword, {}, own)).statusCode).toBe(200)
    const codes = []
    for (let round = 0; round < 4; round += 1) codes.push((await token(`none ${round}`, 'x', {}, own)).statusCode)
    expect(codes).toEqual([401, 401, 401, 429])
  } finally {
    await own.close()
  }
})
