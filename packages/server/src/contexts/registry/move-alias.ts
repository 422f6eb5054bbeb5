import { type AliasMove, FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type RecordChange, type VerbContext } from '../../platform/index.js'
import { selectMoves } from './change-store.js'
import { checkAlias, checkAliasText } from './model.js'
import { lockModel, type StoredModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { registryTables, selectVersion, versionNumber } from './store.js'

export interface Move {
  readonly model: StoredModel
  readonly alias: string
  readonly from: number | undefined
  readonly to: number | undefined
  readonly reason: string
  /** The change that this one takes back. */
  readonly undoes?: number
}

export const AliasInput = z.object({
  model: z.string(),
  alias: z.string(),
  /** Where the caller thinks it points; empty for nowhere. */
  expected_version: z.string().optional(),
  reason: z.string().max(1000).default(''),
})

/**
 * Points an alias to a version; predictions follow. Pointing it where it is changes nothing. Two at once are done one
 * after the other; with `expected_version` the second throws `alias_moved_meanwhile`, which tells who was first.
 */
export const moveAlias = changeVerb({
  name: 'registry.move_alias',
  permission: 'models.write',
  input: AliasInput.extend({ version: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<AliasMove> {
    const { alias, reason } = input
    checkAlias(alias)
    const to = versionNumber(input.model, input.version)
    const { model, from } = await lockAlias(ctx, input)
    await selectVersion(ctx, model.name, to)
    const move: Move = { model, alias, from, to, reason }
    if (from !== to) return applyMove(ctx, record, move)
    unchanged()
    return describeMove(ctx, move)
  },
})

/** Removes an alias; throws `alias_not_found`, `alias_moved_meanwhile`. */
export const deleteAlias = changeVerb({
  name: 'registry.delete_alias',
  permission: 'models.write',
  input: AliasInput,
  async run({ ctx, input, record }): Promise<AliasMove> {
    const { alias, reason } = input
    checkAliasText(alias)
    const { model, from } = await lockAlias(ctx, input)
    if (from === undefined) throw new FabriqueError('alias_not_found', { model: model.name, alias })
    return applyMove(ctx, record, { model, alias, from, to: undefined, reason })
  },
})

/** Takes the lock of a model and tells where an alias of it points. Throws `model_not_found`, `alias_moved_meanwhile`. */
export async function lockAlias(
  ctx: VerbContext,
  input: { readonly model: string; readonly alias: string; readonly expected_version?: string | undefined },
): Promise<{ readonly model: StoredModel; readonly from: number | undefined }> {
  const model = await lockModel(ctx, input.model)
  const from = Object.hasOwn(model.aliases, input.alias) ? model.aliases[input.alias] : undefined
  const expected = input.expected_version
  if (expected === undefined || expected === String(from ?? '')) return { model, from }
  const [last] = await selectMoves(ctx, { modelId: model.id, alias: input.alias, limit: 1 })
  const placeOf = (version: string) => (version === '' ? 'no version' : `version ${version}`)
  throw new FabriqueError('alias_moved_meanwhile', {
    alias: input.alias,
    model: model.name,
    found: placeOf(String(from ?? '')),
    expected: placeOf(expected),
    actor: last?.actor ?? 'nobody',
    at: last?.at.toISOString() ?? 'no time',
  })
}

/** Moves or removes an alias, whose model is locked. */
export async function applyMove(ctx: VerbContext, record: RecordChange, move: Move): Promise<AliasMove> {
  const { model, alias, from, to, reason } = move
  const tables = registryTables(ctx)
  if (to === undefined) {
    await tables.deleteFrom('model_aliases').where('model', '=', model.name).where('alias', '=', alias).execute()
  } else {
    await tables
      .insertInto('model_aliases')
      .values({ model: model.name, alias, version: to })
      .onConflict((conflict) => conflict.columns(['model', 'alias']).doUpdateSet({ version: to }))
      .execute()
  }
  await recordModelChange(ctx, record, {
    model,
    what: 'alias',
    key: alias,
    from: from === undefined ? undefined : String(from),
    to: to === undefined ? undefined : String(to),
    reason,
    ...(move.undoes === undefined ? {} : { undoes: move.undoes }),
  })
  return describeMove(ctx, move)
}

function describeMove(ctx: VerbContext, move: Move): AliasMove {
  return {
    alias: move.alias,
    ...(move.from === undefined ? {} : { from_version: String(move.from) }),
    ...(move.to === undefined ? {} : { to_version: String(move.to) }),
    reason: move.reason,
    actor: ctx.actor.id,
    at: ctx.clock.now().toISOString(),
  }
}
