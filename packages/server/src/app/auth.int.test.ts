import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, goodPassword, openAuthApp } from '../../test/support/auth-app.js'
import { askToken, authCalls, basic, cookieOf, mountGuarded } from '../../test/support/auth-calls.js'
import { makeAdminLink, openAuthenticator } from '../contexts/auth/index.js'
import { openEventStream } from '../platform/events/index.js'

let suite: AuthApp
let admin: { readonly authorization: string }
beforeAll(async () => {
  suite = await openAuthApp({ mount: mountGuarded })
})
afterAll(() => suite?.close())

const { logIn, tokenOf, who } = authCalls(() => suite)

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

describe('users', () => {
  beforeAll(() => suite.makeUser('vera', 'viewer'))

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
    const key = (await suite.ask('POST', '/api/v1/keys', { payload: { name: 'revoked' }, headers: admin })).json()
    await suite.ask('DELETE', `/api/v1/keys/${key.api_key.id}`, { headers: admin })
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
  expect((await askToken(suite, 'anna', goodPassword)).statusCode).toBe(200)
})

describe('a server that others reach and that has no users', () => {
  let closed: AuthApp
  beforeAll(async () => {
    closed = await openAuthApp({ isOpenWithoutUsers: false, mount: mountGuarded })
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
