import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goodPassword } from '../../../test/support/auth-app.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { createUser } from './create-user.js'
import { startSession } from './log-in.js'
import { getUser } from './store.js'
import { updateUser } from './update-user.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
  await createUser({ ctx: suite.ctx, input: { name: 'anna', password: goodPassword, role: 'admin', models: null } })
})
afterAll(() => suite?.close())

const browser = { userAgent: 'test', address: '127.0.0.1' }

test.each([
  ['a new password', 'ben', { password: `${goodPassword}!` }],
  ['a switched off account', 'cleo', { is_active: false }],
])('a session whose password was looked at before %s does not begin after it', async (_, name, change) => {
  const { ctx } = suite
  await createUser({ ctx, input: { name, password: goodPassword, role: 'viewer', models: null } })
  const proved = await getUser(ctx, name)
  await startSession(ctx, proved, browser)
  await updateUser({ ctx, input: { user: name, ...change } })
  await expect(startSession(ctx, proved, browser)).rejects.toMatchObject({ code: 'login_failed' })
  const { rows } = await sql`select from sessions where user_id = ${proved.id}`.execute(ctx.db)
  expect(rows).toEqual([])
})
