import {
  type Dataset,
  type DatasetDefinition,
  FabriqueError,
  type Ingest,
  isFabriqueError,
  type Language,
  type Project,
} from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { getProject } from '../projects/index.js'
import { loggedModelSql } from './get-snapshot.js'
import { type IngestRow, ingestTables, toIngest } from './ingest-store.js'
import { newestSnapshotId } from './snapshots/newest-snapshot.js'
import { datasetTables, type SnapshotRow, toSnapshot } from './store.js'

interface Named {
  readonly project: string
  readonly dataset: string
}

function snapshotsOf(ctx: VerbContext, { project, dataset }: Named) {
  return datasetTables(ctx)
    .selectFrom('snapshots')
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where(loggedModelSql(ctx.actor))
}

interface Described extends Named {
  readonly declared: DatasetDefinition | undefined
  readonly language: Language
}

async function findLatestIngest(
  ctx: VerbContext,
  { project, dataset, language }: Described,
): Promise<Ingest | undefined> {
  const row = await ingestTables(ctx)
    .selectFrom('ingest_runs')
    .selectAll()
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : toIngest(row as IngestRow, language)
}

async function describe(ctx: VerbContext, named: Described): Promise<Dataset> {
  const { declared } = named
  const newestId = await newestSnapshotId(ctx, named)
  const [newest, counted, ingest] = await Promise.all([
    newestId === undefined
      ? undefined
      : snapshotsOf(ctx, named).selectAll().where('id', '=', newestId).executeTakeFirst(),
    snapshotsOf(ctx, named)
      .select((row) => row.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    findLatestIngest(ctx, named),
  ])
  const { description, time } = declared ?? {}
  return {
    project: named.project,
    name: named.dataset,
    ...(description === undefined ? {} : { description }),
    is_declared: declared !== undefined,
    ...(declared === undefined ? {} : { source: declared.source }),
    columns: declared?.columns ?? {},
    key: declared?.key ?? [],
    ...(time === undefined ? {} : { time }),
    bad_rows: declared?.bad_rows ?? { mode: 'block' },
    expectations: declared?.expectations ?? [],
    snapshot_count: counted.count,
    ...(newest === undefined ? {} : { latest_snapshot: await toSnapshot(ctx, newest as SnapshotRow) }),
    ...(ingest === undefined ? {} : { latest_ingest: ingest }),
  }
}

/** A project; undefined where none of that name was applied, since snapshots can come from elsewhere. */
export async function findProject(ctx: VerbContext, project: string): Promise<Project | undefined> {
  return getProject({ ctx, input: { project } }).catch((error: unknown) => {
    if (isFabriqueError(error) && error.code === 'project_not_found') return undefined
    throw error
  })
}

/** What a project declares of a data set; undefined where it declares none of that name. */
export async function findDeclared(
  ctx: VerbContext,
  { project, dataset }: Named,
): Promise<DatasetDefinition | undefined> {
  return (await findProject(ctx, project))?.definition.datasets.find(({ name }) => name === dataset)
}

const language = z.enum(['en', 'fr']).default('en').meta({ description: 'Of the error of an ingest' })

/**
 * One data set with its newest snapshot, declared or not: what was added, imported or pulled has snapshots alone. Throws
 * `project_not_found`, `dataset_not_found`.
 */
export const getDataset = readVerb({
  name: 'datasets.get_dataset',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), dataset: z.string(), language }),
  async run({ ctx, input }): Promise<Dataset> {
    const project = await findProject(ctx, input.project)
    const declared = project?.definition.datasets.find(({ name }) => name === input.dataset)
    const found = await describe(ctx, { ...input, declared })
    if (declared !== undefined || found.snapshot_count > 0) return found
    if (project === undefined) throw new FabriqueError('project_not_found', { where: input.project })
    throw new FabriqueError('dataset_not_found', { project: input.project, dataset: input.dataset })
  },
})

/** The data sets of a project: those declared in their order, then others that have snapshots. Throws `project_not_found`. */
export const listDatasets = readVerb({
  name: 'datasets.list_datasets',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), language }),
  async run({ ctx, input }): Promise<readonly Dataset[]> {
    const project = await findProject(ctx, input.project)
    const declared = new Map(project?.definition.datasets.map((dataset) => [dataset.name, dataset]))
    const known = await datasetTables(ctx)
      .selectFrom('snapshots')
      .select('dataset')
      .distinct()
      .where('project', '=', input.project)
      .where(loggedModelSql(ctx.actor))
      .orderBy('dataset')
      .limit(10_000)
      .execute()
    if (project === undefined && known.length === 0) {
      throw new FabriqueError('project_not_found', { where: input.project })
    }
    const names = new Set([...declared.keys(), ...known.map(({ dataset }) => dataset)])
    const datasets: Dataset[] = []
    for (const dataset of names) {
      datasets.push(await describe(ctx, { ...input, dataset, declared: declared.get(dataset) }))
    }
    return datasets
  },
})
