import { FabriqueError, HistoricalRequest, type Job, Json, type Language, type Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { findDeclared, getSnapshot, resolveSnapshot } from '../../datasets/index.js'
import { startJob } from '../../jobs/index.js'
import { selectFeatures } from '../registry/select-features.js'
import { requireKnown } from './view-history.js'
import { newestSnapshots } from './view-sources.js'

/** The kind of a job that makes a training set. */
export const historicalJobKind = 'features.historical'

/** What such a job is given: what was asked, with versions and snapshots that do not change meanwhile. */
export const HistoricalJobInput = z.object({
  project: z.string(),
  request: HistoricalRequest,
  views: z.array(
    z.object({
      view: z.string(),
      version: z.number().int(),
      features: z.array(z.object({ name: z.string(), as: z.string() })),
    }),
  ),
  /** Snapshots of what the views read, by data set. */
  sources: z.record(z.string(), z.string()),
  entities: z.object({ snapshot: z.string(), time: z.string() }).optional(),
  service: z.object({ name: z.string(), version: z.number().int() }).optional(),
})
export type HistoricalJobInput = z.output<typeof HistoricalJobInput>

/**
 * Asks for a training set: for each row of the entity table the features as they were at its time, as a snapshot of the data set `into`.
 * Errors: those of `selectFeatures`, `feature_source_missing`, `feature_as_known_refused`, `snapshot_not_found`, `snapshot_ref_not_found`,
 * `dataset_declared`, `feature_column_unknown`, `invalid_request`, `job_open_already`.
 */
export const startHistorical = changeVerb({
  name: 'features.start_historical',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    request: HistoricalRequest,
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const { project, request, language } = input
    const { views, service } = await selectFeatures(ctx, { project, ...request })
    if (request.as_known) for (const { view } of views) requireKnown(view)
    if ((await findDeclared(ctx, { project, dataset: request.into })) !== undefined) {
      throw new FabriqueError('dataset_declared', { dataset: request.into, project })
    }
    const entities = await entitiesOf(ctx, project, request)
    if (entities !== undefined) {
      requireColumns(entities, [
        ...views.flatMap(({ view }) => view.keys.map(({ name }) => name)),
        ...(request.entities?.columns ?? []),
      ])
    }
    const sources = await newestSnapshots(
      ctx,
      views.map(({ view }) => view),
    )
    // The job is the change, and records itself.
    unchanged()
    return startJob({
      ctx,
      input: {
        kind: historicalJobKind,
        project,
        subject: `training_sets/${project}/${request.into}`,
        input: Json.parse({
          project,
          request,
          views: views.map(({ view, features }) => ({ view: view.name, version: view.version, features })),
          sources: Object.fromEntries([...sources].map(([dataset, { id }]) => [dataset, id])),
          ...(entities === undefined ? {} : { entities: { snapshot: entities.snapshot.id, time: entities.time } }),
          ...(service === undefined ? {} : { service: { name: service.name, version: service.version } }),
        }),
        refuses_other_input: true,
        reason: request.reason,
        language,
      },
    })
  },
})

interface ChosenEntities {
  readonly snapshot: Snapshot
  readonly time: string
}

/** The entity table and its column of times; nothing where a range of time stands for it. */
async function entitiesOf(
  ctx: VerbContext,
  project: string,
  { entities, start, end }: HistoricalRequest,
): Promise<ChosenEntities | undefined> {
  if (entities === undefined) {
    if (start === undefined || end === undefined) {
      throw wrong('entities', 'without it a start and an end are needed', 'sans elle, il faut un début et une fin')
    }
    if (start > end) throw wrong('start', `${start} is after the end ${end}`, `${start} est après la fin ${end}`)
    return undefined
  }
  if (start !== undefined || end !== undefined) {
    const which = start === undefined ? 'end' : 'start'
    throw wrong(
      which,
      'it stands for an entity table, and one is given',
      'il remplace une table d’entités, et il y en a une',
    )
  }
  const snapshot = await snapshotOf(ctx, project, entities.snapshot)
  const time =
    entities.time ?? (await findDeclared(ctx, { project: snapshot.project, dataset: snapshot.dataset }))?.time
  if (time === undefined) {
    throw wrong(
      'entities.time',
      `the data set ${snapshot.dataset} declares no time column, so it has to be named`,
      `le jeu de données ${snapshot.dataset} ne déclare pas de colonne de temps : il faut la nommer`,
    )
  }
  requireColumns({ snapshot, time }, [time])
  return { snapshot, time }
}

/** A snapshot by its id, or as `labels@latest` of the project; `labels` alone is the newest. */
async function snapshotOf(ctx: VerbContext, project: string, text: string): Promise<Snapshot> {
  if (/^snap_[0-9a-z]+$/.test(text)) return getSnapshot({ ctx, input: { snapshot: text } })
  const at = text.indexOf('@')
  const dataset = at < 0 ? text : text.slice(0, at)
  return resolveSnapshot({ ctx, input: { project, dataset, ref: at < 0 ? 'latest' : text.slice(at + 1) } })
}

function requireColumns({ snapshot: { dataset, columns } }: ChosenEntities, names: readonly string[]): void {
  const known = columns.map(({ name }) => name)
  const missing = names.find((name) => !known.includes(name))
  if (missing === undefined) return
  throw new FabriqueError('feature_column_unknown', { relation: dataset, column: missing, known: known.join(', ') })
}

function wrong(field: string, reason: string, reasonFr: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason, reason_fr: reasonFr }, { field })
}
