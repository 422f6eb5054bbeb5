import {
  type Endpoint,
  FabriqueError,
  type FeatureSpec,
  type Json,
  type ModelSignature,
  type PredictNewestReply,
  type Snapshot,
} from '@fabrique/contract'
import { resolveSnapshot, useSnapshot } from '../../contexts/datasets/index.js'
import { datasetOf } from '../../contexts/projects/index.js'
import type { ModelServer } from '../../contexts/serving/index.js'
import { trainingSetName } from '../../contexts/training/index.js'
import { sqlName, type VerbContext } from '../../platform/index.js'
import type { ChosenModel } from './choose-model.js'

interface Asked extends ChosenModel {
  readonly models: ModelServer
  readonly rows: number
}

type Answer = Omit<PredictNewestReply, 'request_id'>

/**
 * What a model says of the newest rows of its data set: the newest by its column of time where it has one, else the last ones. On a feature
 * service these are the newest labels with the features as they were then: those of now know what became of them. Throws `model_not_served`, `snapshot_ref_not_found`, `feature_names_wrong` and what a prediction throws.
 */
export async function predictNewest(ctx: VerbContext, { project, model, models, rows }: Asked): Promise<Answer> {
  const endpoint = models.endpoints().find((served) => served.model === model.name && isAnswering(served))
  // Nothing is read for a model that does not answer; the reason is that of a prediction.
  const signature = endpoint?.signature ?? (await noSignature(models, model.name))
  const { name, time } = datasetOf(project, model.dataset)
  const dataset = model.feature_service === undefined ? name : trainingSetName(model.name)
  const snapshot = await resolveSnapshot({ ctx, input: { project: project.name, dataset, ref: 'latest' } })
  checkColumns(model.name, snapshot, signature)
  const found = await readNewest(ctx, snapshot, { signature, time, rows })
  const { version, predictions } = await models.predict(model.name, { features: found.map(({ features }) => features) })
  return {
    project: project.name,
    model: model.name,
    version,
    dataset,
    snapshot_id: snapshot.id,
    target: signature.target.name,
    predictions: found.map((row, index) => ({ ...row, ...(predictions[index] ?? missing()) })),
  }
}

/** Whether it answers, at the latest once it is loaded. */
function isAnswering({ state, loaded_at }: Endpoint): boolean {
  return state !== 'failed' || loaded_at !== undefined
}

async function noSignature(models: ModelServer, model: string): Promise<never> {
  await models.predict(model, {})
  throw new FabriqueError('model_not_served', { model, reason: 'it has no signature' })
}

function missing(): never {
  throw new FabriqueError('internal_error', {})
}

function checkColumns(model: string, { columns, id }: Snapshot, { features }: ModelSignature): void {
  const known = new Set(columns.map(({ name }) => name))
  const lost = features.find(({ name }) => !known.has(name))
  if (lost === undefined) return
  const names = features.map(({ name }) => name).join(', ')
  throw new FabriqueError('feature_names_wrong', { row: 0, model, reason: `${id} has no column ${lost.name}`, names })
}

interface Reading {
  readonly signature: ModelSignature
  readonly time: string | undefined
  readonly rows: number
}

interface NewestRow {
  readonly features: Record<string, Json>
  readonly actual?: Json
}

/** As requests have it: numbers as numbers, moments as ISO 8601 texts, what is missing as null. */
function valueSql({ name, type }: Pick<FeatureSpec, 'name' | 'type'>): string {
  const column = sqlName(name)
  switch (type) {
    case 'number':
    case 'integer':
      return `case when isfinite(${column}::double) then ${column}::double end`
    case 'boolean':
      return `${column}::boolean`
    case 'timestamp':
      return `strftime(${column}::timestamp, '%Y-%m-%dT%H:%M:%S.%gZ')`
    case 'text':
    case 'category':
      return `${column}::varchar`
    case 'image':
      // No column of a snapshot holds one.
      return 'null'
  }
}

async function readNewest(
  ctx: VerbContext,
  snapshot: Snapshot,
  { signature, time, rows }: Reading,
): Promise<readonly NewestRow[]> {
  const { features, target, task } = signature
  const hasTarget = snapshot.columns.some(({ name }) => name === target.name)
  const values = [
    ...features.map(valueSql),
    hasTarget ? valueSql({ name: target.name, type: task === 'regression' ? 'number' : 'text' }) : 'null',
  ].map((value, index) => `${value} as v${index}`)
  const isTimed = time !== undefined && snapshot.columns.some(({ name }) => name === time)
  const order = [...(isTimed ? [`${sqlName(time)} desc nulls last`] : []), 'newest_place desc'].join(', ')
  const read = await useSnapshot(ctx, snapshot, async (connection, _table, numbered) =>
    connection.runAndReadAll(
      `select ${values.join(', ')} from ${numbered('newest_place')} order by ${order} limit ${rows}`,
    ),
  )
  return read.getRowsJson().map((row) => {
    const named = features.map(({ name }, index): [string, Json] => [name, toJson(row[index])])
    const actual = toJson(row[features.length])
    return { features: Object.fromEntries(named), ...(actual === null ? {} : { actual }) }
  })
}

/** The engine gives texts, numbers, booleans and null for these types. */
function toJson(value: unknown): Json {
  return (value ?? null) as Json
}
