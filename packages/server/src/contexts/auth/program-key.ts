import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { hashOf, makeKey } from './secrets.js'
import { authTables } from './store.js'

/** Makes the key that programs of projects get from the worker which starts them: short-lived, and of no user. */
export const makeProgramKey = changeVerb({
  name: 'auth.make_program_key',
  permission: 'users.write',
  input: z.object({}),
  async run({ ctx, record }): Promise<string> {
    const { id, key } = makeKey(ctx.ids)
    const now = ctx.clock.now()
    await authTables(ctx)
      .insertInto('api_keys')
      .values({
        id,
        user_id: null,
        name: 'Programs of projects',
        secret_hash: hashOf(key),
        scopes: null,
        models: null,
        created_at: now,
        expires_at: new Date(now.getTime() + limit('auth.program_key_hours') * 3_600_000),
        revoked_at: null,
        last_used_at: null,
        replaced_by: null,
      })
      .execute()
    await record({ subject: `keys/${id}`, event: 'key.changed', payload: { key_id: id, change: 'created' } })
    return key
  },
})

export interface ProgramKey {
  /** The newest one; each is valid for hours after the next is made. */
  current(): string
  close(): void
}

/** Keeps a key for the programs that a worker starts. */
export async function openProgramKey(ctx: VerbContext): Promise<ProgramKey> {
  let key = await makeProgramKey({ ctx, input: {} })
  const renew = async () => {
    try {
      key = await makeProgramKey({ ctx, input: {} })
    } catch (error) {
      ctx.log.warn({ err: error }, 'The key of programs is made anew later')
    }
  }
  const timer = setInterval(() => void renew(), (limit('auth.program_key_hours') / 4) * 3_600_000)
  timer.unref()
  return { current: () => key, close: () => clearInterval(timer) }
}
