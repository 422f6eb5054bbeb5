import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { checkTag } from './model.js'
import { lockModel } from './model-store.js'
import { checkTagCount, tagOf, withoutTag, withTag } from './model-tags.js'
import { recordModelChange } from './record-change.js'
import { registryTables, selectVersion, versionNumber } from './store.js'

const Version = z.object({
  model: z.string(),
  version: z.string(),
  key: z.string(),
  reason: z.string().max(1000).default(''),
})

/** The row of a version, of a model that exists or not: a version that is not there is what is said to be missing. */
function rowOf(ctx: VerbContext, model: string, version: number) {
  return registryTables(ctx).updateTable('model_versions').where('model', '=', model).where('version', '=', version)
}

/** Sets a tag of a version; the value it has already changes nothing. Throws `model_version_not_found`. */
export const setVersionTag = changeVerb({
  name: 'registry.set_version_tag',
  permission: 'models.write',
  input: Version.extend({ value: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { key, value, reason } = input
    checkTag(key, value)
    const { model, version, tags } = await lockVersion(ctx, input)
    const from = tagOf(tags, key)
    if (from === value) return unchanged()
    checkTagCount(tags, key, `${model.name}/${version}`)
    await rowOf(ctx, model.name, version)
      .set({ tags: withTag(key, value) })
      .execute()
    await recordModelChange(ctx, record, { model, version, what: 'tag', key, from, to: value, reason })
  },
})

/** Removes a tag of a version; one that is not there changes nothing. Throws `model_version_not_found`. */
export const deleteVersionTag = changeVerb({
  name: 'registry.delete_version_tag',
  permission: 'models.write',
  input: Version,
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { key, reason } = input
    checkTag(key, '')
    const { model, version, tags } = await lockVersion(ctx, input)
    const from = tagOf(tags, key)
    if (from === undefined) return unchanged()
    await rowOf(ctx, model.name, version)
      .set({ tags: withoutTag(key) })
      .execute()
    await recordModelChange(ctx, record, { model, version, what: 'tag', key, from, reason })
  },
})

async function lockVersion(ctx: VerbContext, input: { readonly model: string; readonly version: string }) {
  const version = versionNumber(input.model, input.version)
  // Looked at first: of a model that does not exist, it is the version that is missing.
  await selectVersion(ctx, input.model, version)
  const model = await lockModel(ctx, input.model)
  const { tags } = await selectVersion(ctx, model.name, version)
  return { model, version, tags }
}
