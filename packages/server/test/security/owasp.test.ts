import { createHmac } from 'node:crypto'
import { createConnection } from 'node:net'
import { rolePermissions, routes } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { present } from '../../src/kernel/index.js'
import { openWholeServer, type WholeServer } from '../support/whole-server.js'

/*
 * The OWASP API Security Top 10 of 2023, number by number, against the whole server with users. What can be asked of every route is asked of
 * every route, as the OpenAPI document and the contract have them, so that a new one is asked too.
 */

let server: WholeServer
const password = 'seven stones under a maple'
/** Credentials for `Authorization`. */
const as: Record<'admin' | 'operator' | 'editor' | 'viewer' | 'limited', string> = {
  admin: '',
  operator: '',
  editor: '',
  viewer: '',
  limited: '',
}

beforeAll(async () => {
  server = await openWholeServer({ FABRIQUE_RATE_LOGIN: '1000/s', FABRIQUE_RATE_PREDICT: '60/day' })
  // While there are no users, whoever is at this machine may do everything: also make the first admin.
  for (const role of ['admin', 'operator', 'editor', 'viewer'] as const) {
    await makeUser(role, role, as.admin)
    as[role] = await logIn(role)
  }
  await makeUser('limited', 'operator', as.admin, ['own'])
  as.limited = await logIn('limited')
  for (const name of ['own', 'foreign']) await must('POST', '/api/v1/models', { as: as.editor, body: { name } })
})
afterAll(() => server?.close())

const ask: WholeServer['ask'] = (...args) => server.ask(...args)

async function must(...args: Parameters<WholeServer['ask']>) {
  const answer = await ask(...args)
  expect([args[0], args[1], answer.status, answer.text]).toEqual([args[0], args[1], 200, expect.any(String)])
  return answer.json
}

function makeUser(name: string, role: string, by: string, models: readonly string[] | null = null) {
  return must('POST', '/api/v1/users', { ...(by === '' ? {} : { as: by }), body: { name, password, role, models } })
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

function tryLogIn(username: string, secret = password) {
  const body = new URLSearchParams({ grant_type: 'password', username, password: secret }).toString()
  return ask('POST', '/token', { body, headers: form })
}

async function logIn(username: string): Promise<string> {
  const { json } = await tryLogIn(username)
  return `Bearer ${json.access_token}`
}

/** What the routes of the contract and their verbs tell of nothing that is there. */
const filled = (path: string) => path.replace(/:(\w+)/g, '00000000').replace(/\*$/, 'x')

const contractRoutes = Object.values(routes).map(({ method, path, permission }) => ({ method, path, permission }))
const isStream = (path: string) => /\/(events|live|stream)$/.test(path)

/** Each route of the OpenAPI document. */
async function describedRoutes() {
  const { paths } = await must('GET', '/openapi.json', { as: as.admin })
  const methods = ['get', 'post', 'put', 'patch', 'delete']
  return Object.entries<Record<string, unknown>>(paths).flatMap(([path, operations]) =>
    methods
      .filter((method) => method in operations)
      .map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{(\w+)\}/g, ':$1') })),
  )
}

/** Words that stand in no answer to anybody: of stacks, of our files, of SQL, of secrets. */
const leaks =
  /\bat .+\.(js|ts):\d|node_modules|\/packages\/|\/dist\/|select .+ from |\$argon2|password_hash|secret_hash/i

const longRoutes = contractRoutes.filter(({ path }) => !isStream(path))

describe('API1 broken object level authorization', () => {
  test('no route tells anybody who has not logged in whether anything is there', async () => {
    const wrong: unknown[] = []
    for (const { method, path } of await describedRoutes()) {
      const { status, headers, text } = await ask(method, filled(path))
      const isOpen = contractRoutes.some(
        (route) => route.path === path && route.method === method && route.permission === 'public',
      )
      const isToken = path === '/token'
      if (isOpen || isToken || ['/health', '/ping', '/version'].includes(path) || /^\/v2(\/health\/\w+)?$/.test(path))
        continue
      const isRefused = status === 401 && /^(Bearer|Basic)\b/.test(headers.get('www-authenticate') ?? '')
      if (!isRefused || leaks.test(text)) wrong.push([method, path, status, headers.get('www-authenticate')])
    }
    expect(wrong).toEqual([])
  })

  test('a user whose models are limited neither predicts with others nor changes them', async () => {
    const body = { features: [1] }
    for (const [path, of] of [
      ['/api/v1/models/foreign/predict', body],
      ['/api/v1/models/foreign@champion/predict', body],
      ['/api/v1/models/foreign/versions/1/predict', body],
      ['/api/v1/models/foreign/explain', body],
      ['/api/v1/models/foreign/rollouts', { kind: 'shadow', version: '1', reason: '' }],
    ] as const) {
      const { status, json } = await ask('POST', path, { as: as.limited, body: of })
      expect([path, status, json.code]).toEqual([path, 403, 'model_not_granted'])
    }
    // Of the own one it is told that there is nothing to predict with.
    expect((await ask('POST', '/api/v1/models/own/predict', { as: as.limited, body })).json.code).toBe(
      'model_not_served',
    )

    const changes = contractRoutes.filter(
      ({ path, permission }) => ['models.write', 'endpoints.write'].includes(permission) && path.includes(':model'),
    )
    expect(changes.length).toBeGreaterThan(5)
    for (const { method, path } of changes) {
      const to = path.replace(':model', 'foreign').replace(/:(\w+)/g, 'x1')
      const changed = { reason: '', version: '1', value: 'v', description: 'd', tags: [], run_id: '0'.repeat(32) }
      const { status } = await ask(method, to, { as: as.limited, body: changed })
      // What is named besides the model is not there; to remove what is not there changes nothing.
      expect([method, path, [200, 400, 403, 404].includes(status)]).toEqual([method, path, true])
    }
    const history = await must('GET', '/api/v1/models/foreign/history', { as: as.admin })
    expect(history.items).toMatchObject([{ what: 'model', to: 'foreign' }])
    expect((await must('GET', '/api/v1/models/foreign', { as: as.admin })).description ?? '').toBe('')
    expect(
      (await ask('PATCH', '/api/v1/models/foreign', { as: as.limited, body: { description: 'mine' } })).status,
    ).toBe(403)
    expect((await ask('DELETE', '/api/v1/models/foreign', { as: as.limited, body: {} })).status).toBe(403)
    const mlflow = await ask('POST', '/api/2.0/mlflow/registered-models/set-tag', {
      as: as.limited,
      body: { name: 'foreign', key: 'owner', value: 'limited' },
    })
    expect([mlflow.status, mlflow.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  })

  test('keys and sessions of others can be neither seen nor ended', async () => {
    const { api_key: own } = await must('POST', '/api/v1/keys', { as: as.editor, body: { name: 'of the editor' } })
    const { items } = await must('GET', '/api/v1/keys', { as: as.viewer })
    expect(items).toEqual([])
    expect((await ask('GET', '/api/v1/keys?all=true', { as: as.viewer })).status).toBe(403)
    for (const [method, path] of [
      ['DELETE', `/api/v1/keys/${own.id}`],
      ['POST', `/api/v1/keys/${own.id}/rotate`],
    ] as const) {
      const { status } = await ask(method, path, { as: as.viewer, body: {} })
      expect([method, [403, 404].includes(status)]).toEqual([method, true])
    }
    expect((await must('GET', '/api/v1/keys', { as: as.editor })).items).toMatchObject([
      { id: own.id, state: 'active' },
    ])

    const { headers } = await ask('POST', '/api/v1/session', { body: { name: 'editor', password } })
    const cookie = present(headers.get('set-cookie')?.split(';')[0], 'A login sets a cookie')
    const sessions = await must('GET', '/api/v1/sessions', { headers: { cookie } })
    const [session] = sessions.items
    expect((await ask('DELETE', `/api/v1/sessions/${session.id}`, { as: as.viewer })).status).toBe(404)
    expect((await must('GET', '/api/v1/sessions', { headers: { cookie } })).items).toHaveLength(sessions.items.length)
  })
})

describe('API2 broken authentication', () => {
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())

  const sign = (header: object, payload: object, secret: Buffer | string, hash = 'sha256') => {
    const text = `${base64(header)}.${base64(payload)}`
    return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`
  }

  test('only tokens that this server made for this use, and that are still good, are taken', async () => {
    const [head, payload, signature] = as.viewer.replace('Bearer ', '').split('.')
    const [header, claims] = [decode(head), decode(payload)]
    const { rows } = await server.database.pool.query<{ secret: Buffer }>('select secret from token_keys')
    const { secret } = present(rows[0], 'The key that tokens are signed with')
    const now = Math.floor(Date.now() / 1000)
    const statusOf = async (token: string) => (await ask('GET', '/api/v1/models', { as: `Bearer ${token}` })).status
    expect(await statusOf(sign(header, { ...claims, jti: 'x'.repeat(32) }, secret))).toBe(200)
    const bad: Readonly<Record<string, string>> = {
      'alg none': `${base64({ ...header, alg: 'none' })}.${payload}.`,
      'alg none, signature kept': `${base64({ ...header, alg: 'none' })}.${payload}.${signature}`,
      'alg None': `${base64({ ...header, alg: 'None' })}.${payload}.`,
      'another algorithm': sign({ ...header, alg: 'HS512' }, claims, secret, 'sha512'),
      'another key': sign(header, claims, 'guessed'),
      'an empty key': sign(header, claims, ''),
      'claims changed': `${head}.${base64({ ...claims, sub: 'user_admin', name: 'admin' })}.${signature}`,
      'no signature': `${head}.${payload}`,
      expired: sign(header, { ...claims, iat: now - 7200, exp: now - 1 }, secret),
      'without an end': sign(header, { ...claims, exp: undefined }, secret),
      'not yet good': sign(header, { ...claims, nbf: now + 3600 }, secret),
      'another audience': sign(header, { ...claims, aud: 'other' }, secret),
      'another issuer': sign(header, { ...claims, iss: 'https://elsewhere.example' }, secret),
      'another kind of token': sign({ ...header, typ: 'JWT' }, claims, secret),
      'a user that is not there': sign(header, { ...claims, sub: 'user_none' }, secret),
      'a key named by who sends it': sign(
        { ...header, jku: 'https://evil.example/keys', kid: '../../dev/null' },
        claims,
        'x',
      ),
      'no token at all': 'x',
      'a very long one': 'a'.repeat(7000),
    }
    for (const [name, token] of Object.entries(bad)) expect([name, await statusOf(token)]).toEqual([name, 401])
  })

  test('a token or key that was taken back is refused at once', async () => {
    await makeUser('leaver', 'viewer', as.admin)
    const token = await logIn('leaver')
    const made = await must('POST', '/api/v1/keys', { as: token, body: { name: 'k' } })
    const key = `Bearer ${made.key}`
    const statusOf = async (credential: string) => (await ask('GET', '/api/v1/models', { as: credential })).status
    expect([await statusOf(token), await statusOf(key)]).toEqual([200, 200])
    await must('DELETE', `/api/v1/keys/${made.api_key.id}`, { as: token })
    expect([await statusOf(token), await statusOf(key)]).toEqual([200, 401])
    await must('DELETE', '/api/v1/session', { as: token })
    expect(await statusOf(token)).toBe(401)

    const second = await logIn('leaver')
    await must('PATCH', '/api/v1/users/leaver', { as: as.admin, body: { is_active: false } })
    expect([await statusOf(second), (await tryLogIn('leaver')).status]).toEqual([401, 401])
  })

  test('a key that has expired, and one with a letter changed, are refused', async () => {
    const made = await must('POST', '/api/v1/keys', { as: as.viewer, body: { name: 'short', expires_in_days: 1 } })
    const typed = made.key.replace(/.$/, (last: string) => (last === 'a' ? 'b' : 'a'))
    expect((await ask('GET', '/api/v1/models', { as: `Bearer ${typed}` })).status).toBe(401)
    await server.database.pool.query("update api_keys set expires_at = now() - interval '1 second' where id = $1", [
      made.api_key.id,
    ])
    expect((await ask('GET', '/api/v1/models', { as: `Bearer ${made.key}` })).status).toBe(401)
  })

  test('guessing is slowed down, for accounts that are there and those that are not alike', async () => {
    await makeUser('victim', 'viewer', as.admin)
    for (const name of ['victim', 'nobody-of-that-name']) {
      for (let guess = 0; guess < 5; guess += 1) {
        const { status, json } = await tryLogIn(name, `guess number ${guess} of many`)
        expect([name, status, json.error]).toEqual([name, 401, 'invalid_grant'])
      }
      // As if no time passed meanwhile.
      const { rowCount } = await server.database.pool.query(
        "update login_attempts set next_at = now() + interval '1 hour' where next_at > last_at",
      )
      expect([name, (rowCount ?? 0) > 0]).toEqual([name, true])
      const last = await tryLogIn(name, 'one guess more')
      expect([name, last.status]).toEqual([name, 429])
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(3500)
      expect(last.headers.get('cache-control')).toBe('no-store')
      expect(last.text).not.toContain(name)
    }
    // The right password is not looked at meanwhile.
    expect((await tryLogIn('victim')).status).toBe(429)
    expect((await ask('POST', '/api/v1/session', { body: { name: 'victim', password } })).status).toBe(429)
  })

  test('credentials are not read from addresses, and come one way at a time', async () => {
    const token = as.viewer.replace('Bearer ', '')
    for (const query of [`access_token=${token}`, `token=${token}`, `api_key=${token}`]) {
      expect((await ask('GET', `/api/v1/models?${query}`)).status).toBe(401)
    }
    const made = await must('POST', '/api/v1/keys', { as: as.viewer, body: { name: 'k' } })
    const both = await ask('GET', '/api/v1/models', { as: as.viewer, headers: { 'x-api-key': made.key } })
    expect([both.status, both.json.code]).toEqual([400, 'credentials_unclear'])
    const query = await ask('POST', `/token?username=viewer&password=${encodeURIComponent(password)}`, {
      headers: form,
      body: '',
    })
    expect(query.status).toBe(400)
  })
})

describe('API3 broken object property level authorization', () => {
  test('properties that are not for the client to set are refused or change nothing', async () => {
    const { key, api_key } = await must('POST', '/api/v1/keys', {
      as: as.viewer,
      body: { name: 'k', user_id: 'user_admin', id: 'chosen', state: 'active', role: 'admin', key: 'fab_mine' },
    })
    expect(api_key).toMatchObject({ user: 'viewer', name: 'k' })
    expect([api_key.id, key]).not.toEqual(['chosen', 'fab_mine'])
    const wide = await ask('POST', '/api/v1/keys', { as: as.viewer, body: { name: 'k', scopes: ['users.write'] } })
    expect([wide.status, wide.json.code]).toEqual([403, 'api_key_too_wide'])
    const forOther = await ask('POST', '/api/v1/keys', { as: as.viewer, body: { name: 'k', user: 'admin' } })
    expect(forOther.status).toBe(403)
    await ask('PUT', '/api/v1/password', {
      as: as.editor,
      body: { current: 'not the password of it', password: 'x', role: 'admin', name: 'admin' },
    })
    const { items } = await must('GET', '/api/v1/users', { as: as.admin })
    expect(items.find(({ name }: { name: string }) => name === 'editor')).toMatchObject({ role: 'editor' })
    const named = await must('POST', '/api/v1/models', {
      as: as.editor,
      body: {
        name: 'owned',
        created_at: '2001-01-01T00:00:00Z',
        versions: [{ version: '9' }],
        aliases: { champion: '9' },
      },
    })
    expect(JSON.stringify(named)).not.toMatch(/2001-01-01|"9"/)
  })

  test('no answer has a hash, a key or a password in it', async () => {
    const made = await must('POST', '/api/v1/keys', { as: as.admin, body: { name: 'to be hidden' } })
    const { rows } = await server.database.pool.query<{ hash: string }>(
      `select encode(secret_hash, 'hex') as hash from api_keys union all select encode(token_hash, 'hex') from sessions
        union all select encode(secret, 'hex') from token_keys union all select password_hash from users`,
    )
    const secrets = [made.key, password, ...rows.map(({ hash }) => hash)]
    for (const { method, path } of longRoutes) {
      if (method !== 'GET') continue
      const { status, text } = await ask('GET', filled(path), { as: as.admin })
      expect([path, status < 500, secrets.filter((secret) => text.includes(secret)), leaks.test(text)]).toEqual([
        path,
        true,
        [],
        false,
      ])
    }
    for (const path of ['/api/v1/keys?all=true', '/api/v1/users', '/api/v1/events/recent']) {
      const { text } = await ask('GET', path, { as: as.admin })
      expect([path, secrets.filter((secret) => text.includes(secret))]).toEqual([path, []])
    }
  })
})

describe('API4 unrestricted resource consumption', () => {
  const json = { 'content-type': 'application/json' }

  test.each([
    ['a body larger than the limit', `{"features":[${'1,'.repeat(6_000_000)}1]}`, 413],
    ['a body nested deep', `{"features":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['an object nested deep', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 400],
    ['a million rows', `{"features":[${'[1],'.repeat(1_000_000)}[1]]}`, 400],
    ['a number that no machine holds', '{"features":[1e999]}', 400],
    ['a text where numbers belong', `{"features":"${'x'.repeat(1_000_000)}"}`, 400],
    ['a key that would change what objects are', '{"features":[1],"__proto__":{"isAdmin":true}}', 400],
    ['a body cut off', '{"features":[1,', 400],
  ])('%s is refused', async (_, body, status) => {
    const refused = await ask('POST', '/api/v1/models', { as: as.editor, body, headers: json })
    expect(refused.status).toBe(status)
    expect(refused.text.length).toBeLessThan(10_000)
    expect(refused.text).not.toMatch(leaks)
    const answer = await ask('POST', '/api/v1/models/own/predict', { as: as.operator, body, headers: json })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  test('a packed body is not unpacked without bounds', async () => {
    const { gzipSync } = await import('node:zlib')
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, '['))
    for (const path of ['/api/v1/models', '/api/v1/models/own/predict', '/v1/traces']) {
      const headers = { ...json, 'content-encoding': 'gzip', 'x-mlflow-experiment-id': '0' }
      const { status } = await ask('POST', path, { as: as.editor, body: bomb, headers })
      expect([path, status >= 400 && status < 500]).toEqual([path, true])
    }
  })

  test('a page is never larger than the most, and a filter never takes long', async () => {
    for (const path of ['/api/v1/jobs', '/api/v1/flow-runs', '/api/v1/projects/p/runs', '/api/v1/predictions']) {
      for (const size of ['1000000', '-1', '1e9', 'NaN']) {
        const { status } = await ask('GET', `${path}?limit=${size}`, { as: as.viewer })
        expect([path, size, status]).toEqual([path, size, 400])
      }
    }
    // Expressions that take a naive matcher longer than the age of the world.
    const evil = `${'a?'.repeat(40)}${'a'.repeat(40)}`
    for (const filter of [
      `attributes.run_name LIKE '${'%a'.repeat(500)}'`,
      `tags.x RLIKE '(${evil})+$'`,
      `${'('.repeat(20_000)}`,
    ]) {
      const { status } = await ask('POST', '/api/2.0/mlflow/runs/search', {
        as: as.viewer,
        body: { experiment_ids: ['0'], filter },
      })
      expect(status).toBeLessThan(500)
    }
  })

  test('who asks for more predictions than is allowed is told when to come back', async () => {
    await makeUser('eager', 'viewer', as.admin)
    const eager = await logIn('eager')
    const counts: Record<number, number> = {}
    let last = await ask('GET', '/health')
    // Each address that predicts counts, whichever the protocol: none is a way around.
    const addresses = [
      '/predict',
      '/api/v1/models/own/predict',
      '/api/v1/models/own/versions/1/predict',
      '/v2/models/own/infer',
      '/v2/models/own/versions/1/infer',
      '/v1/models/own:predict',
      '/invocations',
      '/api/v1/models/own/explain',
    ]
    for (let time = 0; time < 62; time += 1) {
      last = await ask('POST', addresses[time % addresses.length] ?? '', { as: eager, body: { features: [1] } })
      counts[last.status] = (counts[last.status] ?? 0) + 1
    }
    expect(counts[429]).toBe(2)
    last = await ask('POST', '/predict', { as: eager, body: { features: [1] } })
    expect(last.json).toMatchObject({ code: 'rate_limited', params: { limit: 60, window_s: 86_400 } })
    expect(last.headers.get('retry-after')).toMatch(/^1[34]\d\d$/)
    expect(last.headers.get('ratelimit-policy')).toBe('"predict";q=60;w=86400')
    // Others are not.
    expect((await ask('POST', '/predict', { as: as.admin, body: { features: [1] } })).status).not.toBe(429)
  })

  test('event streams are bounded', async () => {
    const reading = new AbortController()
    const open = await fetch(`${server.url}/api/v1/events`, {
      headers: { authorization: as.viewer },
      signal: reading.signal,
    })
    expect(open.headers.get('content-type')).toContain('text/event-stream')
    reading.abort()
  })
})

describe('API5 broken function level authorization', () => {
  test('each role is refused each route that it may not use, before the body is looked at', async () => {
    const wrong: unknown[] = []
    for (const role of ['viewer', 'editor', 'operator'] as const) {
      const allowed = new Set<string>([...rolePermissions[role], 'public'])
      for (const { method, path, permission } of contractRoutes) {
        if (allowed.has(permission)) continue
        const { status } = await ask(method, filled(path), { as: as[role], body: method === 'GET' ? undefined : '{' })
        if (status !== 403) wrong.push([role, method, path, status])
      }
    }
    expect(wrong).toEqual([])
  })

  test('a viewer changes nothing, whatever the protocol', async () => {
    const tried = contractRoutes.filter(
      ({ method, permission }) =>
        method !== 'GET' &&
        (permission.endsWith('.write') || permission === 'machine.files') &&
        !/^(account|feedback)\./.test(permission),
    )
    expect(tried.length).toBeGreaterThan(40)
    for (const { method, path } of tried) {
      const { status } = await ask(method, filled(path), { as: as.viewer, body: {} })
      expect([method, path, status]).toEqual([method, path, 403])
    }
    for (const path of [
      'experiments/create',
      'runs/create',
      'registered-models/create',
      'runs/log-batch',
      'webhooks',
    ]) {
      const { status, json } = await ask('POST', `/api/2.0/mlflow/${path}`, {
        as: as.viewer,
        body: { name: 'x', experiment_id: '0', run_id: '0'.repeat(32) },
      })
      expect([path, status, json.error_code]).toEqual([path, 403, 'PERMISSION_DENIED'])
    }
    const { status } = await ask('PUT', '/api/2.0/mlflow-artifacts/artifacts/0/x/artifacts/a.txt', {
      as: as.viewer,
      body: 'x',
    })
    expect(status).toBe(403)
    const told = await ask('POST', '/push', { as: as.viewer, body: { push_source_name: 'v', df: {} } })
    expect([403, 404]).toContain(told.status)
  })
})

describe('API6 unrestricted access to sensitive business flows', () => {
  test('what reaches the machine itself, or other programs, is not for everybody who makes models', async () => {
    const machine = contractRoutes.filter(({ permission }) => permission === 'machine.files')
    expect(machine.map(({ path }) => path).sort()).toEqual([
      '/api/v1/projects/:project/datasets/:dataset/add',
      '/api/v1/projects/:project/datasets/:dataset/recheck',
      '/api/v1/projects/:project/dvc/export',
      '/api/v1/projects/:project/dvc/import',
      '/api/v1/remotes/:remote',
      '/api/v1/remotes/:remote',
      '/api/v1/snapshots/:snapshot/checkout',
    ])
    expect(rolePermissions.editor).not.toContain('machine.files')
    expect(rolePermissions.editor).not.toContain('webhooks.write')
    expect(rolePermissions.editor).not.toContain('endpoints.write')
    expect(rolePermissions.operator).toContain('machine.files')
  })

  test('the first admin is made once', async () => {
    for (const link of ['', 'x', '0'.repeat(43)]) {
      const { status } = await ask('POST', '/api/v1/first-admin', { body: { link, name: 'mallory', password } })
      expect([400, 403]).toContain(status)
    }
    // There are users: nobody is the person at this machine any more.
    expect((await ask('POST', '/api/v1/users', { body: { name: 'mallory', password, role: 'admin' } })).status).toBe(
      401,
    )
  })
})

describe('API7 server side request forgery', () => {
  const inside = [
    'https://127.0.0.1/hook',
    'https://localhost/hook',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/hook',
    'https://[::ffff:127.0.0.1]/hook',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://172.16.0.1/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'http://example.org/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
  ]
  test.each(inside)('a webhook to %s is refused', async (url) => {
    const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }]
    const { status, json } = await ask('POST', '/api/2.0/mlflow/webhooks', {
      as: as.operator,
      body: { name: 'w', url, events },
    })
    expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })

  test('files of the machine are not read through places of artifacts and sources of models', async () => {
    for (const place of [
      'file:///etc',
      '/etc',
      'mlflow-artifacts:/../../../../etc',
      'http://169.254.169.254/',
      's3://x/y',
    ]) {
      const made = await ask('POST', '/api/2.0/mlflow/experiments/create', {
        as: as.editor,
        body: { name: `at ${place}`, artifact_location: place },
      })
      if (made.status !== 200) continue
      const { run } = await must('POST', '/api/2.0/mlflow/runs/create', {
        as: as.editor,
        body: { experiment_id: made.json.experiment_id },
      })
      for (const path of ['passwd', '../passwd', '../../etc/passwd', '/etc/passwd', '%2e%2e/passwd']) {
        const { text } = await ask('GET', `/get-artifact?run_id=${run.info.run_id}&path=${encodeURIComponent(path)}`, {
          as: as.editor,
        })
        expect(text).not.toContain('root:')
      }
    }
    for (const source of ['file:///etc/passwd', '/etc', '../../etc', 'http://127.0.0.1/x']) {
      const { json } = await ask('POST', '/api/2.0/mlflow/model-versions/create', {
        as: as.editor,
        body: { name: 'own', source },
      })
      const version = json.model_version?.version
      if (version === undefined) continue
      const { text } = await ask('GET', `/model-versions/get-artifact?name=own&version=${version}&path=passwd`, {
        as: as.editor,
      })
      expect(text).not.toContain('root:')
    }
    for (const path of [
      '../../../../etc/passwd',
      '..%2f..%2f..%2fetc%2fpasswd',
      '%2e%2e/%2e%2e/etc/passwd',
      '....//etc/passwd',
    ]) {
      for (const start of ['/api/2.0/mlflow-artifacts/artifacts/', '/assets/', '/docs/static/']) {
        const { text } = await ask('GET', `${start}${path}`, { as: as.admin })
        expect(text).not.toContain('root:')
      }
    }
  })
})

describe('API8 security misconfiguration', () => {
  test('every answer, good or bad, says what browsers may not do with it', async () => {
    for (const path of ['/api/v1/models', '/api/v1/none', '/health', '/none', '/openapi.json', '/docs/']) {
      const { headers } = await ask('GET', path, { as: as.viewer, headers: { accept: 'text/html' } })
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect([path, headers.get('content-security-policy')]).toEqual([
        path,
        expect.stringContaining("frame-ancestors 'none'"),
      ])
      expect([path, headers.get('referrer-policy')]).toEqual([path, 'same-origin'])
      for (const name of [
        'server',
        'x-powered-by',
        'access-control-allow-origin',
        'access-control-allow-credentials',
      ]) {
        expect([path, name, headers.get(name)]).toEqual([path, name, null])
      }
      if (path.startsWith('/api/')) expect([path, headers.get('cache-control')]).toEqual([path, 'no-store'])
    }
  })

  test('other sites change nothing and read nothing, with the cookie of a browser', async () => {
    const login = await ask('POST', '/api/v1/session', { body: { name: 'operator', password } })
    const set = present(login.headers.get('set-cookie'), 'A login sets a cookie')
    expect(set).toMatch(/; HttpOnly/)
    expect(set).toMatch(/; SameSite=(Lax|Strict)/)
    const [cookie = ''] = set.split(';')
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${server.port + 1}`]) {
      const { status } = await ask('POST', '/api/v1/models', { body: { name: 'forged' }, headers: { cookie, origin } })
      expect([origin, status]).toEqual([origin, 403])
    }
    const preflight = await ask('OPTIONS', '/api/v1/models', {
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    expect(
      (await ask('POST', '/api/v1/models', { body: { name: 'mine' }, headers: { cookie, origin: server.url } })).status,
    ).toBe(200)
  })

  test('names that are not this server are refused', async () => {
    expect(await rawStatus(`GET /api/v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n`)).toBe(403)
  })

  test.each([
    ['a method that is none', 'BREW /api/v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['no host', 'GET /api/v1/models HTTP/1.1\r\n\r\n'],
    ['two lengths', 'POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde'],
    [
      'a length and pieces',
      'POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['headers beyond any measure', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['a line break in a header', 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: a\rSet-Cookie: b\r\n\r\n'],
  ])('%s is refused by the parser', async (_, text) => {
    const status = await rawStatus(text)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })

  test('failures tell no more than their code', async () => {
    for (const [method, path, body] of [
      ['POST', '/api/v1/models', '{"name":'],
      ['GET', '/api/v1/models/%00', undefined],
      ['GET', "/api/v1/models/'; drop table users; --", undefined],
      ['GET', '/api/v1/models/%zz', undefined],
      ['POST', '/api/v1/runs/search', '{"experiments":"x","filter":{"$gt":""}}'],
      ['GET', '/api/v1/runs/export?format=../../etc/passwd', undefined],
    ] as const) {
      const headers = { 'content-type': 'application/json' }
      const { status, text } = await ask(method, path, {
        as: as.editor,
        headers,
        ...(body === undefined ? {} : { body }),
      })
      expect([path, status >= 400 && status < 500, leaks.test(text)]).toEqual([path, true, false])
    }
  })

  async function rawStatus(text: string): Promise<number> {
    const socket = createConnection({ host: '127.0.0.1', port: server.port })
    return new Promise((resolve, reject) => {
      let said = ''
      socket.on('data', (bytes) => {
        said += bytes.toString('latin1')
        const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(said) ?? []
        if (status === undefined) return
        socket.destroy()
        resolve(Number(status))
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('The connection was closed without an answer')))
      socket.write(text, 'latin1')
    })
  }
})

describe('API9 improper inventory management', () => {
  test('what is described is there, and what is of the contract is described', async () => {
    const described = new Set((await describedRoutes()).map(({ method, path }) => `${method} ${path}`))
    const undescribed = contractRoutes.filter(
      ({ method, path }) =>
        !described.has(`${method} ${path.replace(/\*$/, ':path')}`) && !described.has(`${method} ${path}`),
    )
    expect(undescribed).toEqual([])
    for (const route of described) {
      const [method = '', path = ''] = route.split(' ')
      if (isStream(path)) continue
      const { status, json } = await ask(method, filled(path), {
        as: as.viewer,
        ...(method === 'GET' ? {} : { body: {} }),
      })
      expect([route, status, json?.code]).not.toEqual([route, 404, 'route_not_found'])
      expect([route, status < 500 || status === 503]).toEqual([route, true])
    }
  })

  test.each([
    '/.env',
    '/.git/config',
    '/debug',
    '/debug/pprof',
    '/admin',
    '/actuator',
    '/server-status',
    '/api/v0/models',
    '/api/v2/models',
    '/config',
    '/fabrique.settings.json',
    '/../package.json',
    '/graphql',
    '/console',
    '/api/v1/users/../users',
  ])('there is no %s', async (path) => {
    expect((await ask('GET', path, { as: as.viewer })).status).not.toBe(200)
  })
})

describe('API10 unsafe consumption of APIs', () => {
  test('what a receiver of a webhook answers is read only so far', async () => {
    const { createServer } = await import('node:http')
    let sent = 0
    const endless = createServer((_, reply) => {
      reply.writeHead(200, { 'content-type': 'text/plain' })
      const more = () => {
        if (reply.destroyed) return
        sent += 65_536
        if (reply.write(Buffer.alloc(65_536, 'x'))) setImmediate(more)
        else reply.once('drain', more)
      }
      more()
    })
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
    const address = endless.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const trusting = await openWholeServer({ FABRIQUE_WEBHOOKS_ALLOW_PRIVATE: 'true' })
    try {
      const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }]
      const body = { name: 'w', url: `http://127.0.0.1:${port}/`, events }
      const made = await trusting.ask('POST', '/api/2.0/mlflow/webhooks', { body })
      expect(made.status).toBe(200)
      const { webhook_id } = made.json.webhook
      const tested = await trusting.ask('POST', `/api/2.0/mlflow/webhooks/${webhook_id}/test`, { body: {} })
      expect(tested.status).toBe(200)
      expect(tested.text.length).toBeLessThan(200_000)
      expect(sent).toBeLessThan(64 * 1024 * 1024)
    } finally {
      await trusting.close()
      endless.closeAllConnections()
      endless.close()
    }
  })
})
