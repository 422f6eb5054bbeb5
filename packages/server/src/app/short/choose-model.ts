import { FabriqueError, isFabriqueError, type ModelDefinition, type Project } from '@fabrique/contract'
import { listProjects } from '../../contexts/projects/index.js'
import type { ModelServer } from '../../contexts/serving/index.js'
import type { VerbContext } from '../../platform/index.js'

/** A declared model, with the project that declares it. */
export interface ChosenModel {
  readonly project: Project
  readonly model: ModelDefinition
}

/**
 * The model that a short verb is about: the one named, else the one that `/predict` answers for, else the only one declared, since before
 * its first training none is served. Throws `model_not_declared`, `no_default_model`.
 */
export async function chooseModel(
  ctx: VerbContext,
  models: Pick<ModelServer, 'defaultModel'>,
  named: string | undefined,
): Promise<ChosenModel> {
  const projects = await listProjects({ ctx, input: {} })
  const declared = projects.flatMap((project) => project.definition.models.map((model) => ({ project, model })))
  const name = named ?? defaultName(models, declared)
  const chosen = declared.find(({ model }) => model.name === name)
  if (chosen !== undefined) return chosen
  const where = projects.map((project) => project.name).join(', ')
  throw new FabriqueError('model_not_declared', { model: name, project: where }, { field: 'model' })
}

function defaultName(models: Pick<ModelServer, 'defaultModel'>, declared: readonly ChosenModel[]): string {
  try {
    return models.defaultModel()
  } catch (error) {
    const [only] = declared
    const isNone = isFabriqueError(error) && error.code === 'no_default_model'
    if (!isNone || only === undefined || declared.length > 1) throw error
    return only.model.name
  }
}
