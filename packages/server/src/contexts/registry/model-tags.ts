import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { checkTag } from './model.js'
import { lockModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { registryTables } from './store.js'

const Reason = z.string().max(1000).default('')

/** Column with one tag more. A key that is there is replaced. */
export function withTag(key: string, value: string): RawBuilder<string> {
  return sql<string>`tags || jsonb_build_object(${key}::text, ${value}::text)`
}

export function withoutTag(key: string): RawBuilder<string> {
  return sql<string>`tags - ${key}::text`
}

/** Throws `model_tags_too_many` where one tag more would be too many. */
export function checkTagCount(tags: Readonly<Record<string, string>>, key: string, owner: string): void {
  const tagsMax = limit('registry.tags_max')
  if (Object.hasOwn(tags, key) || Object.keys(tags).length < tagsMax) return
  throw new FabriqueError('model_tags_too_many', { owner, limit: tagsMax })
}

/** The value of a tag, or undefined. */
export function tagOf(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined
}

/** Sets a tag of a model; the value it has already changes nothing. Throws `model_not_found`, `mlflow_value_too_long`. */
export const setModelTag = changeVerb({
  name: 'registry.set_model_tag',
  permission: 'models.write',
  input: z.object({ model: z.string(), key: z.string(), value: z.string(), reason: Reason }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { key, value, reason } = input
    checkTag(key, value)
    const model = await lockModel(ctx, input.model)
    const from = tagOf(model.tags, key)
    if (from === value) return unchanged()
    checkTagCount(model.tags, key, model.name)
    await registryTables(ctx)
      .updateTable('registered_models')
      .set({ tags: withTag(key, value) })
      .where('name', '=', model.name)
      .execute()
    await recordModelChange(ctx, record, { model, what: 'tag', key, from, to: value, reason })
  },
})

/** Removes a tag of a model; one that is not there changes nothing. Throws `model_not_found`. */
export const deleteModelTag = changeVerb({
  name: 'registry.delete_model_tag',
  permission: 'models.write',
  input: z.object({ model: z.string(), key: z.string(), reason: Reason }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { key, reason } = input
    checkTag(key, '')
    const model = await lockModel(ctx, input.model)
    const from = tagOf(model.tags, key)
    if (from === undefined) return unchanged()
    await registryTables(ctx)
      .updateTable('registered_models')
      .set({ tags: withoutTag(key) })
      .where('name', '=', model.name)
      .execute()
    await recordModelChange(ctx, record, { model, what: 'tag', key, from, reason })
  },
})
