import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { newestEvents } from '../events/index.js'
import { changeVerb, readVerb } from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const input = z.object({ name: z.string().min(1) })
const event = (name: string) => ({
  subject: `projects/${name}`,
  event: 'project.applied' as const,
  payload: { project: name, digest: 'd' },
})

const counts = async () => {
  const { rows } = await sql<{ audit: number; events: number }>`
    select (select count(*) from audit)::int as audit, (select count(*) from events)::int as events
  `.execute(suite.ctx.db)
  return rows[0]
}

describe('changeVerb', () => {
  const touch = changeVerb({
    name: 'test.touch',
    permission: 'projects.write',
    input,
    run: async ({ input: { name }, record }) => {
      await record(event(name))
      if (name === 'broken') throw new Error('broken')
      return name
    },
  })

  test('writes the audit entry and the event of a change', async () => {
    const before = await counts()
    expect(await touch({ ctx: { ...suite.ctx, requestId: 'req_1' }, input: { name: 'a' } })).toBe('a')
    expect(await counts()).toEqual({ audit: (before?.audit ?? 0) + 1, events: (before?.events ?? 0) + 1 })
    const [newest] = await newestEvents(suite.ctx.db, 1)
    expect(newest).toMatchObject({ kind: 'project.applied', subject: 'projects/a', actor: 'local' })
  })

  test('writes nothing of a change that fails', async () => {
    const before = await counts()
    await expect(touch({ ctx: suite.ctx, input: { name: 'broken' } })).rejects.toThrow('broken')
    expect(await counts()).toEqual(before)
  })

  test('refuses who may not, before anything else', async () => {
    const actor = { kind: 'local', id: 'guest', permissions: new Set<never>() } as const
    await expect(touch({ ctx: { ...suite.ctx, actor }, input: { name: '' } })).rejects.toMatchObject({
      code: 'permission_denied',
      params: { actor: 'guest', permission: 'projects.write' },
    })
  })

  test('names the field that is wrong', async () => {
    await expect(touch({ ctx: suite.ctx, input: { name: '' } })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'name',
    })
  })

  test('refuses a text that cannot be stored', async () => {
    await expect(touch({ ctx: suite.ctx, input: { name: 'a\u0000b' } })).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  test('crashes and rolls back a change that is not recorded', async () => {
    const silent = changeVerb({
      name: 'test.silent',
      permission: 'projects.write',
      input,
      run: async ({ ctx }) => {
        await sql`insert into projects (name, folder, definition, digest, applied_at) values ('silent', '', '{}', '', now())`.execute(
          ctx.db,
        )
      },
    })
    await expect(silent({ ctx: suite.ctx, input: { name: 'x' } })).rejects.toThrow(/without recording/)
    const { rows } = await sql`select 1 from projects where name = 'silent'`.execute(suite.ctx.db)
    expect(rows).toEqual([])
  })
})

test('a read of a database that is away says so', async () => {
  const away = readVerb({
    name: 'test.away',
    permission: 'projects.read',
    input: z.object({}),
    run: async () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
    },
  })
  await expect(away({ ctx: suite.ctx, input: {} })).rejects.toMatchObject({ code: 'database_unavailable' })
})
