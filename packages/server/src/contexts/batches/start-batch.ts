import {
  type Batch,
  BatchRequest,
  FabriqueError,
  type Job,
  Json,
  type Language,
  Slug,
  type Snapshot,
} from '@fabrique/contract'
import { z } from 'zod'
import { authoriseModel, changeVerb } from '../../platform/index.js'
import { findDeclared, findNamedSnapshot } from '../datasets/index.js'
import { startJob } from '../jobs/index.js'
import { type BatchVersion, findBatchVersion } from './find-batch-version.js'
import { namesKeys } from './look-up-rows.js'
import { refused } from './refused.js'
import { batchTables, toBatch } from './store.js'

/** The kind of a job that answers batches. */
export const batchJobKind = 'models.predict'

/** What such a job is given: all that was asked, of a version and of rows that do not change meanwhile. */
export const BatchJobInput = z.object({
  batch_id: z.string(),
  model: z.string(),
  version: z.number().int(),
  project: z.string(),
  snapshot_id: z.string(),
  dataset: z.string(),
  columns: z.array(z.string()).optional(),
  max_rejected: z.number().int().optional(),
  language: z.enum(['en', 'fr']),
})
export type BatchJobInput = z.output<typeof BatchJobInput>

/**
 * Asks for the answers of a version to all rows of a snapshot. They are a snapshot once the job has succeeded. Errors: `model_not_found`,
 * `model_version_not_found`, `alias_not_found`, `model_not_batchable`, `snapshot_not_found`, `snapshot_ref_not_found`, `dataset_declared`,
 * `batch_refused`, `invalid_request`.
 */
export const startBatch = changeVerb({
  name: 'batches.start_batch',
  permission: 'datasets.write',
  input: z.object({
    model: z.string(),
    request: BatchRequest,
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<{ job: Job; batch: Batch }> {
    const { request, language } = input
    authoriseModel(ctx.actor, 'predictions.make', input.model)
    const version = await findBatchVersion(ctx, { ...request, model: input.model })
    const snapshot = await findNamedSnapshot(ctx, request.snapshot)
    checkRows(version, snapshot, request)
    const dataset = request.into ?? datasetOf(version.model)
    const { project } = snapshot
    if ((await findDeclared(ctx, { project, dataset })) !== undefined) {
      throw new FabriqueError('dataset_declared', { dataset, project })
    }
    const id = ctx.ids.prefixed('batch')
    // The job is the change, and records itself.
    unchanged()
    const asked: BatchJobInput = {
      batch_id: id,
      model: version.model,
      version: version.version,
      project,
      snapshot_id: snapshot.id,
      dataset,
      language,
      ...(request.columns === undefined ? {} : { columns: request.columns }),
      ...(request.max_rejected === undefined ? {} : { max_rejected: request.max_rejected }),
    }
    const job = await startJob({
      ctx,
      input: {
        kind: batchJobKind,
        project,
        subject: `batches/${id}`,
        input: Json.parse(asked),
        reason: request.reason,
        language,
      },
    })
    const row = await batchTables(ctx)
      .insertInto('batches')
      .values({
        id,
        model: version.model,
        version: version.version,
        project,
        snapshot_id: snapshot.id,
        dataset,
        job_id: job.id,
        created_at: ctx.clock.now(),
        created_by: ctx.actor.id,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return { job, batch: toBatch(row, job) }
  },
})

/** A name of a model may hold what one of a data set may not. */
function datasetOf(model: string): string {
  const stem = model
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
  const parsed = Slug.safeParse(`${stem.slice(0, 50)}-predictions`)
  return parsed.success ? parsed.data : 'predictions'
}

/** Refuses what can be known to fail before a row is read. */
function checkRows({ signature }: BatchVersion, { columns, kind }: Snapshot, request: BatchRequest): void {
  if (kind !== 'table')
    throw refused('the snapshot holds files, not rows', 'l’instantané contient des fichiers, pas des lignes')
  const names = new Set(columns.map(({ name }) => name))
  const isLookedUp = namesKeys(signature, names)
  for (const name of isLookedUp ? (signature?.feature_lookup?.features ?? []) : []) names.add(name)
  const missing = [...(signature?.features.map(({ name }) => name) ?? []), ...(request.columns ?? [])].filter(
    (name) => !names.has(name),
  )
  if (missing.length === 0) return
  const list = missing
    .slice(0, 10)
    .map((name) => JSON.stringify(name))
    .join(', ')
  throw refused(`the rows have no column ${list}`, `les lignes n’ont pas de colonne ${list}`)
}
