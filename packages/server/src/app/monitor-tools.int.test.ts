import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../test/support/test-context.js'
import { monitorTools } from './monitor-tools.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

test('the loop is that of the model of the monitor, whatever its action says', async () => {
  const { ctx } = suite
  await sql`insert into projects (name, folder, definition, digest, applied_at)
    values ('p', '', ${JSON.stringify({ name: 'p', datasets: [], models: [] })}, 'd', ${ctx.clock.now()})`.execute(
    ctx.db,
  )
  const asked = { project: 'p', flow: 'loop', params: { model: 'theirs' }, reason: '', key: 'k' }
  // The project has neither: who is named in the refusal was asked for.
  await expect(monitorTools.startFlow(ctx, { ...asked, model: 'mine' })).rejects.toMatchObject({
    params: { model: 'mine' },
  })
  await expect(monitorTools.startFlow(ctx, { ...asked, model: undefined })).rejects.toMatchObject({
    params: { model: 'theirs' },
  })
})
