import type { AliasMove, ModelChange } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import type { CreationDetail } from './record-change.js'

/** A row of the history of models. */
export interface StoredChange {
  readonly id: number
  readonly model_id: number
  readonly model: string
  readonly version: number | null
  readonly what: ModelChange['what']
  readonly key: string | null
  readonly from_value: string | null
  readonly to_value: string | null
  readonly is_prompt: boolean
  readonly detail: CreationDetail | null
  readonly undoes: number | null
  readonly reason: string
  readonly actor: string
  readonly at: Date
}

/** Changes from conditions, order and page on `model_changes c`. */
export async function queryChanges(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly StoredChange[]> {
  const { rows } = await sql<StoredChange>`select c.* from model_changes c ${rest}`.execute(ctx.db)
  return rows.map((row) => ({ ...row, detail: fromJsonb<CreationDetail | null>(row.detail) }))
}

export function toModelChange(change: StoredChange): ModelChange {
  return {
    what: change.what,
    ...(change.version === null ? {} : { version: String(change.version) }),
    ...(change.key === null ? {} : { key: change.key }),
    ...(change.from_value === null ? {} : { from: change.from_value }),
    ...(change.to_value === null ? {} : { to: change.to_value }),
    reason: change.reason,
    actor: change.actor,
    at: change.at.toISOString(),
  }
}

export function toAliasMove(change: StoredChange): AliasMove {
  return {
    alias: change.key ?? '',
    ...(change.from_value === null ? {} : { from_version: change.from_value }),
    ...(change.to_value === null ? {} : { to_version: change.to_value }),
    reason: change.reason,
    actor: change.actor,
    at: change.at.toISOString(),
  }
}

/** Moves of aliases of a model, or of one of them, newest first. */
export function selectMoves(
  ctx: VerbContext,
  where: { readonly modelId: number; readonly alias?: string; readonly limit: number },
): Promise<readonly StoredChange[]> {
  const ofAlias = where.alias === undefined ? sql`` : sql`and c.key = ${where.alias}`
  return queryChanges(
    ctx,
    sql`where c.what = 'alias' and c.model_id = ${where.modelId} ${ofAlias} order by c.id desc limit ${where.limit}`,
  )
}
