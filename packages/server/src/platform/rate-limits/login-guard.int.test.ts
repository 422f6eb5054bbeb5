import { afterAll, beforeAll, expect, test } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js'
import { forgetOldLogins, openLoginGuard } from './login-guard.js'
import { memoryRateStore } from './memory-store.js'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database?.close())

const second = 1000
const wide = { requests: 1000, windowMs: second }

/** A guard as a server that has just started has it. */
function openGuard(clock = testClock(), rate = wide) {
  return openLoginGuard({ db: database.db, store: memoryRateStore(clock), clock, rate })
}

const outcome = (attempt: Promise<void>) =>
  attempt.then(
    () => 'admitted',
    ({ code, params }: { code: string; params: { retry_after_s: number } }) => `${code} ${params.retry_after_s}`,
  )

test('after five wrong ones each login waits twice as long as the one before, also at another server', async () => {
  const clock = testClock()
  const attempt = (guard = openGuard(clock)) => outcome(guard.admit({ account: 'anna', address: '192.0.2.1' }))
  for (let time = 0; time < 5; time += 1) expect(await attempt()).toBe('admitted')
  for (const waitS of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
    expect(await attempt()).toBe(`login_delayed ${waitS}`)
    clock.advance(waitS * second - 1)
    expect(await attempt()).toBe('login_delayed 1')
    clock.advance(1)
    expect(await attempt()).toBe('admitted')
  }
})

test('a right password ends the wait of the next login, and a day without any too', async () => {
  const clock = testClock()
  const guard = openGuard(clock)
  const attempt = (account = 'ben') => outcome(guard.admit({ account, address: '192.0.2.2' }))
  for (let time = 0; time < 5; time += 1) await attempt()
  clock.advance(second)
  expect(await attempt()).toBe('admitted')
  await guard.succeeded({ account: ' Ben', address: '192.0.2.2' })
  for (let time = 0; time < 5; time += 1) expect(await attempt('BEN')).toBe('admitted')
  expect(await attempt()).toBe('login_delayed 1')
  clock.advance(86_400 * second + 1)
  for (let time = 0; time < 5; time += 1) expect(await attempt()).toBe('admitted')
  expect(await attempt()).toBe('login_delayed 1')
})

test('of many at once no more are admitted than one after the other', async () => {
  const guard = openGuard()
  const attempts = Array.from({ length: 30 }, () => outcome(guard.admit({ account: 'cleo', address: '192.0.2.3' })))
  const outcomes = await Promise.all(attempts)
  expect(outcomes.filter((one) => one === 'admitted')).toHaveLength(5)
})

test('an address is limited whatever the accounts', async () => {
  const guard = openGuard(testClock(), { requests: 2, windowMs: 60 * second })
  const attempt = (account: string) => outcome(guard.admit({ account, address: '2001:db8::7' }))
  expect([await attempt('u1'), await attempt('u2'), await attempt('u3')]).toEqual([
    'admitted',
    'admitted',
    'rate_limited 30',
  ])
})

test('what was typed as a name is not kept as it is, and goes after a day', async () => {
  const clock = testClock()
  const guard = openGuard(clock)
  await guard.admit({ account: 'my secret password', address: '192.0.2.4' })
  const { rows } = await database.pool.query('select * from login_attempts')
  expect(JSON.stringify(rows)).not.toContain('secret')
  await forgetOldLogins(database.db, new Date(clock.now().getTime() + 3 * 86_400 * second))
  expect((await database.pool.query('select * from login_attempts')).rows).toEqual([])
})
