import { type DatasetDefinition, FabriqueError, type ModelDefinition, type Project } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { projectTables, toProject } from './store.js'

/** One project with its definition; throws `project_not_found`. */
export const getProject = readVerb({
  name: 'projects.get_project',
  permission: 'projects.read',
  input: z.object({ project: z.string() }),
  async run({ ctx, input }): Promise<Project> {
    const row = await projectTables(ctx)
      .selectFrom('projects')
      .selectAll()
      .where('name', '=', input.project)
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('project_not_found', { where: input.project })
    return toProject(row)
  },
})

/** Every applied project, by name. */
export const listProjects = readVerb({
  name: 'projects.list_projects',
  permission: 'projects.read',
  input: z.object({}),
  async run({ ctx }): Promise<readonly Project[]> {
    const rows = await projectTables(ctx).selectFrom('projects').selectAll().orderBy('name').limit(1000).execute()
    return rows.map(toProject)
  },
})

/** The definition of a data set of a project; throws `dataset_not_found`. */
export function datasetOf(project: Project, dataset: string): DatasetDefinition {
  const found = project.definition.datasets.find(({ name }) => name === dataset)
  if (found === undefined) throw new FabriqueError('dataset_not_found', { dataset, project: project.name })
  return found
}

/** The definition of a model of a project; throws `model_not_declared`. */
export function modelOf(project: Project, model: string): ModelDefinition {
  const found = project.definition.models.find(({ name }) => name === model)
  if (found === undefined) throw new FabriqueError('model_not_declared', { model, project: project.name })
  return found
}
