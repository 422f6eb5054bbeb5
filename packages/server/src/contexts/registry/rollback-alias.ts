import { type AliasMove, FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { type StoredChange, selectMoves } from './change-store.js'
import { AliasInput, applyMove, lockAlias } from './move-alias.js'
import { selectVersion } from './store.js'

/**
 * Points an alias to where it pointed before its last move. Again goes one move further back: a rollback takes back a
 * move, never a rollback. The first move is not taken back: what follows the alias would be left without a version.
 * Throws `alias_never_moved`, `alias_moved_meanwhile`, and `model_version_not_found` when that version is deleted.
 */
export const rollbackAlias = changeVerb({
  name: 'registry.rollback_alias',
  permission: 'models.write',
  input: AliasInput,
  async run({ ctx, input, record }): Promise<AliasMove> {
    const { alias, reason } = input
    const { model, from } = await lockAlias(ctx, input)
    const moves = await selectMoves(ctx, { modelId: model.id, alias, limit: limit('list.page_max') })
    const last = lastMoveNotTakenBack(moves)
    if (last?.from_value === undefined || last.from_value === null) {
      throw new FabriqueError('alias_never_moved', { model: model.name, alias })
    }
    const to = Number(last.from_value)
    await selectVersion(ctx, model.name, to)
    return applyMove(ctx, record, { model, alias, from, to, reason, undoes: last.id })
  },
})

/** The newest of some moves, newest first, that is no rollback and was not taken back by one. */
export function lastMoveNotTakenBack(
  moves: readonly Pick<StoredChange, 'id' | 'undoes' | 'from_value'>[],
): Pick<StoredChange, 'id' | 'from_value'> | undefined {
  const takenBack = new Set(moves.map(({ undoes }) => undoes))
  return moves.find(({ id, undoes }) => undoes === null && !takenBack.has(id))
}
