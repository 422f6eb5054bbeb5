import { type AliasMove, FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type RecordChange, type VerbContext } from '../../platform/index.js'
import { checkAlias } from './model.js'
import { registryTables, selectVersion, versionNumber } from './store.js'

interface Move {
  readonly model: string
  readonly alias: string
  readonly from: number | undefined
  readonly to: number | undefined
  readonly reason: string
}

/** Points an alias to a version; predictions follow. Pointing it where it is changes nothing. */
export const moveAlias = changeVerb({
  name: 'registry.move_alias',
  permission: 'models.write',
  input: z.object({
    model: z.string(),
    alias: z.string(),
    version: z.string(),
    reason: z.string().max(1000).default(''),
  }),
  async run({ ctx, input, record, unchanged }): Promise<AliasMove> {
    checkAlias(input.alias)
    const to = versionNumber(input.model, input.version)
    const from = await lockAlias(ctx, input.model, input.alias)
    await selectVersion(ctx, input.model, to)
    const move: Move = { model: input.model, alias: input.alias, from, to, reason: input.reason }
    if (from === to) {
      unchanged()
      return toAliasMove(ctx, move)
    }
    await registryTables(ctx)
      .insertInto('model_aliases')
      .values({ model: input.model, alias: input.alias, version: to })
      .onConflict((conflict) => conflict.columns(['model', 'alias']).doUpdateSet({ version: to }))
      .execute()
    return recordMove(ctx, record, move)
  },
})

/** Removes an alias; throws `alias_not_found`. */
export const deleteAlias = changeVerb({
  name: 'registry.delete_alias',
  permission: 'models.write',
  input: z.object({ model: z.string(), alias: z.string(), reason: z.string().max(1000).default('') }),
  async run({ ctx, input, record }): Promise<AliasMove> {
    const { model, alias, reason } = input
    const from = await lockAlias(ctx, model, alias)
    if (from === undefined) throw new FabriqueError('alias_not_found', { model, alias })
    await registryTables(ctx)
      .deleteFrom('model_aliases')
      .where('model', '=', model)
      .where('alias', '=', alias)
      .execute()
    return recordMove(ctx, record, { model, alias, from, to: undefined, reason })
  },
})

/** Takes the lock of a model and tells where an alias of it points. Throws `model_not_found`. */
async function lockAlias(ctx: VerbContext, model: string, alias: string): Promise<number | undefined> {
  const tables = registryTables(ctx)
  const locked = await tables
    .selectFrom('registered_models')
    .select('name')
    .where('name', '=', model)
    .forUpdate()
    .executeTakeFirst()
  if (locked === undefined) throw new FabriqueError('model_not_found', { model })
  const row = await tables
    .selectFrom('model_aliases')
    .select('version')
    .where('model', '=', model)
    .where('alias', '=', alias)
    .executeTakeFirst()
  return row?.version
}

async function recordMove(ctx: VerbContext, record: RecordChange, move: Move): Promise<AliasMove> {
  await registryTables(ctx)
    .insertInto('alias_moves')
    .values({
      model: move.model,
      alias: move.alias,
      from_version: move.from ?? null,
      to_version: move.to ?? null,
      reason: move.reason,
      actor: ctx.actor.id,
      at: ctx.clock.now(),
    })
    .execute()
  await record({
    subject: `models/${move.model}`,
    event: 'alias.moved',
    reason: move.reason,
    payload: {
      model: move.model,
      alias: move.alias,
      ...(move.from === undefined ? {} : { from_version: String(move.from) }),
      ...(move.to === undefined ? {} : { to_version: String(move.to) }),
    },
  })
  return toAliasMove(ctx, move)
}

function toAliasMove(ctx: VerbContext, move: Move): AliasMove {
  return {
    alias: move.alias,
    ...(move.from === undefined ? {} : { from_version: String(move.from) }),
    ...(move.to === undefined ? {} : { to_version: String(move.to) }),
    reason: move.reason,
    actor: ctx.actor.id,
    at: ctx.clock.now().toISOString(),
  }
}
