import type { Dataset, DatasetDefinition, Project } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { datasetOf, getProject } from '../projects/index.js'
import { datasetTables, type SnapshotRow, toSnapshot } from './store.js'

async function describe(ctx: VerbContext, project: Project, dataset: DatasetDefinition): Promise<Dataset> {
  const tables = datasetTables(ctx)
  const ofDataset = tables
    .selectFrom('snapshots')
    .where('project', '=', project.name)
    .where('dataset', '=', dataset.name)
  const [newest, counted] = await Promise.all([
    ofDataset.selectAll().orderBy('created_at', 'desc').limit(1).executeTakeFirst(),
    ofDataset.select((row) => row.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
  ])
  return {
    project: project.name,
    name: dataset.name,
    ...(dataset.description === undefined ? {} : { description: dataset.description }),
    source: dataset.source,
    columns: dataset.columns,
    expectations: dataset.expectations,
    snapshot_count: counted.count,
    ...(newest === undefined ? {} : { latest_snapshot: toSnapshot(newest as SnapshotRow) }),
  }
}

/** One declared data set with its newest snapshot; throws `project_not_found`, `dataset_not_found`. */
export const getDataset = readVerb({
  name: 'datasets.get_dataset',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), dataset: z.string() }),
  async run({ ctx, input }): Promise<Dataset> {
    const project = await getProject({ ctx, input: { project: input.project } })
    return describe(ctx, project, datasetOf(project, input.dataset))
  },
})

/** The declared data sets of a project. */
export const listDatasets = readVerb({
  name: 'datasets.list_datasets',
  permission: 'datasets.read',
  input: z.object({ project: z.string() }),
  async run({ ctx, input }): Promise<readonly Dataset[]> {
    const project = await getProject({ ctx, input })
    const datasets: Dataset[] = []
    for (const dataset of project.definition.datasets) datasets.push(await describe(ctx, project, dataset))
    return datasets
  },
})
