import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, openAuthApp } from '../../test/support/auth-app.js'
import { authCalls, basic, mountGuarded } from '../../test/support/auth-calls.js'
import { makeProgramKey } from '../contexts/auth/index.js'

let suite: AuthApp
let admin: { readonly authorization: string }
beforeAll(async () => {
  suite = await openAuthApp({ mount: mountGuarded })
  admin = await suite.makeUser('anna', 'admin')
})
afterAll(() => suite?.close())

const { tokenOf, who } = authCalls(() => suite)

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
    const own = await openAuthApp({ mount: mountGuarded })
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
