import type { ModelChange } from '@fabrique/contract'
import { sql } from 'kysely'
import { checkModelGrant, type RecordChange, type VerbContext } from '../../platform/index.js'

/** One change of a model, for its history. */
export interface ChangeOfModel {
  readonly model: { readonly id: number; readonly name: string; readonly is_prompt: boolean }
  readonly what: ModelChange['what']
  readonly version?: number | undefined
  /** The alias or the tag. */
  readonly key?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly reason: string
  /** What a new model or version was made with; webhooks tell it. */
  readonly detail?: CreationDetail
  /** The change that this one takes back. */
  readonly undoes?: number
}

/** What a model or a version had when it was made. */
export interface CreationDetail {
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly source?: string
  readonly run_id?: string
}

/**
 * Writes a change into the history of a model, the audit trail and the events, in the transaction of the change. Throws
 * `model_not_granted`, which takes the change back: no change of a model comes past here.
 */
export async function recordModelChange(
  ctx: VerbContext,
  record: RecordChange,
  change: ChangeOfModel,
): Promise<number> {
  checkModelGrant(ctx.actor, change.model.name)
  if (change.what === 'model' && change.from !== undefined) checkModelGrant(ctx.actor, change.from)
  const id = await insertChange(ctx, change)
  const { model, what, version, key, from, to, reason } = change
  const subject = version === undefined ? `models/${model.name}` : `models/${model.name}/${version}`
  if (what === 'alias') {
    const payload = {
      model: model.name,
      alias: key ?? '',
      ...(from === undefined ? {} : { from_version: from }),
      ...(to === undefined ? {} : { to_version: to }),
      change_id: id,
    }
    await record({ subject, event: 'alias.moved', reason, payload })
  } else if (what === 'version' && to !== undefined) {
    const { run_id } = change.detail ?? {}
    const payload = { model: model.name, version: to, ...(run_id === undefined ? {} : { run_id }), change_id: id }
    await record({ subject, event: 'model_version.created', reason, payload })
  } else {
    const payload = {
      model: model.name,
      ...(version === undefined ? {} : { version: String(version) }),
      change: describe(change),
      change_id: id,
    }
    await record({ subject, event: 'model.changed', reason, payload })
  }
  return id
}

/** The change in few words, as `tag team set`; never its values, which may be long. */
function describe({ what, key, from, to }: ChangeOfModel): string {
  if (what === 'tag') return `tag ${key} ${to === undefined ? 'deleted' : 'set'}`
  if (what === 'stage') return `stage ${to}`
  if (what === 'description') return 'description'
  if (to === undefined) return 'deleted'
  return from === undefined ? 'created' : `renamed from ${from}`
}

async function insertChange(ctx: VerbContext, change: ChangeOfModel): Promise<number> {
  const { model } = change
  const { rows } = await sql<{ id: number }>`
    insert into model_changes
      (model_id, model, version, what, key, from_value, to_value, is_prompt, detail, undoes, reason, actor, at)
    values (
      ${model.id}, ${model.name}, ${change.version ?? null}, ${change.what}, ${change.key ?? null},
      ${change.from ?? null}, ${change.to ?? null}, ${model.is_prompt},
      ${change.detail === undefined ? null : JSON.stringify(change.detail)}, ${change.undoes ?? null},
      ${change.reason}, ${ctx.actor.id}, ${ctx.clock.now()}
    )
    returning id
  `.execute(ctx.db)
  return rows[0]?.id ?? 0
}
