import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, readVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { checkExperiments, datasetChanged, insertExperiments, lockDataset, selectDataset } from './dataset-store.js'
import { datasetDigest } from './digest.js'
import { type EvaluationDataset, storable, userTag } from './model.js'
import { DatasetId, Tags, Text } from './schema.js'

const tagsMax = 500

/** Tags as they are stored; null members are left out. Throws `mlflow_invalid_value`. */
function checkedTags(tags: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  const entries = Object.entries(tags)
  if (entries.length > tagsMax) throw invalidValue('tags', entries.length, `at most ${tagsMax} tags are allowed`)
  const keyMax = limit('mlflow.input_tag_key_chars_max')
  const valueMax = limit('mlflow.tag_value_chars_max')
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      if (value === null) return []
      if (key === '' || key.length > keyMax) throw invalidValue('tags', key, `a key has 1 to ${keyMax} characters`)
      if (value.length > valueMax) throw invalidValue('tags', key, `a value has at most ${valueMax} characters`)
      return [[storable(key), storable(value)] as const]
    }),
  )
}

function checkName(name: string): void {
  const max = limit('mlflow.experiment_name_chars_max')
  if (name.trim() === '' || [...name].length > max) throw invalidValue('name', name, `it has 1 to ${max} characters`)
}

/** Makes an empty data set. Names need not be unique. Throws `experiment_not_found`. */
export const createEvaluationDataset = changeVerb({
  name: 'evaluation.create_evaluation_dataset',
  permission: 'traces.write',
  input: z.object({ name: Text, tags: Tags.default({}), experiment_ids: z.array(Text).max(1000).default([]) }),
  async run({ ctx, input, record }): Promise<EvaluationDataset> {
    checkName(input.name)
    const tags = checkedTags(input.tags)
    await checkExperiments(ctx, input.experiment_ids)
    const id = `d-${ctx.ids.hex32()}`
    const now = ctx.clock.now().getTime()
    const user = tags[userTag] ?? null
    await sql`
      insert into evaluation_datasets (id, name, digest, tags, created_ms, updated_ms, created_by, updated_by)
      values (${id}, ${storable(input.name)}, ${datasetDigest(input.name, now)}, ${JSON.stringify(tags)}, ${now}, ${now}, ${user}, ${user})
    `.execute(ctx.db)
    await insertExperiments(ctx, id, input.experiment_ids)
    await record(datasetChanged(id, 'created'))
    return selectDataset(ctx, id)
  },
})

/** One data set without its records. Throws `evaluation_dataset_not_found`. */
export const getEvaluationDataset = readVerb({
  name: 'evaluation.get_evaluation_dataset',
  permission: 'traces.read',
  input: DatasetId,
  async run({ ctx, input }): Promise<EvaluationDataset> {
    return selectDataset(ctx, input.dataset_id)
  },
})

/** Deletes a data set with its records; again is fine. */
export const deleteEvaluationDataset = changeVerb({
  name: 'evaluation.delete_evaluation_dataset',
  permission: 'traces.write',
  input: DatasetId,
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { numAffectedRows } = await sql`delete from evaluation_datasets where id = ${input.dataset_id}`.execute(
      ctx.db,
    )
    if (numAffectedRows === 1n) await record(datasetChanged(input.dataset_id, 'deleted'))
    else unchanged()
  },
})

/** Adds tags to a data set; null changes nothing. Throws `evaluation_dataset_not_found`. */
export const setEvaluationDatasetTags = changeVerb({
  name: 'evaluation.set_evaluation_dataset_tags',
  permission: 'traces.write',
  input: DatasetId.extend({ tags: Tags }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const tags = checkedTags(input.tags)
    const old = await lockDataset(ctx, input.dataset_id)
    const changed = Object.keys(tags).filter((key) => old.tags[key] !== tags[key])
    if (Object.keys({ ...old.tags, ...tags }).length > tagsMax) {
      throw invalidValue('tags', Object.keys(tags).length, `a data set has at most ${tagsMax} tags`)
    }
    if (changed.length === 0) {
      unchanged()
      return
    }
    await sql`
      update evaluation_datasets set tags = tags || ${JSON.stringify(tags)}::jsonb where id = ${input.dataset_id}
    `.execute(ctx.db)
    await record(datasetChanged(input.dataset_id, `tags ${changed.join(', ').slice(0, 500)}`))
  },
})

/** Removes a tag of a data set; again is fine. Throws `evaluation_dataset_not_found`. */
export const deleteEvaluationDatasetTag = changeVerb({
  name: 'evaluation.delete_evaluation_dataset_tag',
  permission: 'traces.write',
  input: DatasetId.extend({ key: Text }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { tags } = await lockDataset(ctx, input.dataset_id)
    if (!Object.hasOwn(tags, input.key)) {
      unchanged()
      return
    }
    await sql`
      update evaluation_datasets set tags = tags - ${input.key}::text where id = ${input.dataset_id}
    `.execute(ctx.db)
    await record(datasetChanged(input.dataset_id, `tag ${input.key} removed`))
  },
})

const Experiments = DatasetId.extend({ experiment_ids: z.array(Text).max(1000) })

/** Shows a data set in more experiments. Throws `evaluation_dataset_not_found`, `experiment_not_found`. */
export const addDatasetToExperiments = changeVerb({
  name: 'evaluation.add_dataset_to_experiments',
  permission: 'traces.write',
  input: Experiments,
  async run({ ctx, input, record, unchanged }): Promise<EvaluationDataset> {
    await lockDataset(ctx, input.dataset_id)
    await checkExperiments(ctx, input.experiment_ids)
    const added = await insertExperiments(ctx, input.dataset_id, input.experiment_ids)
    if (added === 0) unchanged()
    else {
      const now = ctx.clock.now().getTime()
      await sql`update evaluation_datasets set updated_ms = ${now} where id = ${input.dataset_id}`.execute(ctx.db)
      await record(datasetChanged(input.dataset_id, `${added} experiments added`))
    }
    return selectDataset(ctx, input.dataset_id)
  },
})

/** Shows a data set in fewer experiments; those it is not in are passed over. Throws `evaluation_dataset_not_found`. */
export const removeDatasetFromExperiments = changeVerb({
  name: 'evaluation.remove_dataset_from_experiments',
  permission: 'traces.write',
  input: Experiments,
  async run({ ctx, input, record, unchanged }): Promise<EvaluationDataset> {
    await lockDataset(ctx, input.dataset_id)
    const { numAffectedRows } = await sql`
      delete from evaluation_dataset_experiments
      where dataset_id = ${input.dataset_id} and experiment_id::text = any(${input.experiment_ids}::text[])
    `.execute(ctx.db)
    const removed = Number(numAffectedRows ?? 0)
    if (removed === 0) unchanged()
    else {
      const now = ctx.clock.now().getTime()
      await sql`update evaluation_datasets set updated_ms = ${now} where id = ${input.dataset_id}`.execute(ctx.db)
      await record(datasetChanged(input.dataset_id, `${removed} experiments removed`))
    }
    return selectDataset(ctx, input.dataset_id)
  },
})
