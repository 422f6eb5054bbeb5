import { FabriqueError, type RegisteredModel } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type RecordChange, type VerbContext } from '../../platform/index.js'
import { describeModel } from './get-model.js'
import { checkDescription, checkModelName, checkTags, isPromptTags } from './model.js'
import { lockModel, type StoredModel, selectModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { registryTables } from './store.js'

const Tags = z.record(z.string(), z.string()).default({})

/**
 * Registers a model without a version. Throws `model_exists` and its like, `model_name_invalid`, `mlflow_value_too_long`.
 */
export const createModel = changeVerb({
  name: 'registry.create_model',
  permission: 'models.write',
  input: z.object({
    name: z.string(),
    description: z.string().default(''),
    tags: Tags,
    reason: z.string().max(1000).default(''),
  }),
  async run({ ctx, input, record }): Promise<RegisteredModel> {
    const made = await insertModel(ctx, record, input)
    if (made === undefined) throw await takenError(ctx, input)
    return describeModel(ctx, input.name)
  },
})

interface NewModel {
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly reason: string
}

async function takenError(ctx: VerbContext, { name, tags }: NewModel): Promise<FabriqueError> {
  const { is_prompt } = await selectModel(ctx, name)
  const wantsPrompt = isPromptTags(tags)
  if (is_prompt) return new FabriqueError(wantsPrompt ? 'prompt_exists' : 'model_name_is_prompt', { model: name })
  return new FabriqueError(wantsPrompt ? 'prompt_name_is_model' : 'model_exists', { model: name })
}

/** Makes a model unless the name is taken; the row is locked then. */
async function insertModel(ctx: VerbContext, record: RecordChange, input: NewModel): Promise<StoredModel | undefined> {
  const { name, description, tags, reason } = input
  checkModelName(name)
  checkDescription(description)
  checkTags(tags, name)
  const at = ctx.clock.now()
  const row = await registryTables(ctx)
    .insertInto('registered_models')
    .values({ name, description, tags: JSON.stringify(tags), last_version: 0, created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning(['id', 'is_prompt'])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const model = { ...row, name, description, tags, created_at: at, updated_at: at, aliases: {} }
  await recordModelChange(ctx, record, { model, what: 'model', to: name, reason, detail: { description, tags } })
  return model
}

/** Takes the lock of a model, which is made when it does not exist. */
export async function lockOrCreateModel(ctx: VerbContext, record: RecordChange, input: NewModel): Promise<StoredModel> {
  return (await insertModel(ctx, record, input)) ?? lockModel(ctx, input.name)
}
