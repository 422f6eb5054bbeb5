import { FabriqueError, ProjectDefinition } from '@fabrique/contract'
import { z } from 'zod'
import type { Dataset } from './dataset.js'
import type { Model, PromotionRule } from './model.js'

/** How the loader knows a project, also one made by another copy of this package. */
export const projectBrand: unique symbol = Symbol.for('fabrique.project') as never

/** A declared project: its definition as data, and the rules that are functions. */
export interface ProjectDeclaration {
  readonly [projectBrand]: true
  readonly definition: ProjectDefinition
  /** Promotion rule by model, where the project has its own. */
  readonly promotionRules: ReadonlyMap<string, PromotionRule>
}

export interface ProjectOptions {
  /** Stands in addresses: lower case letters, digits, - and _. */
  readonly name: string
  readonly description?: string
  /** Declared with `dataset(…)`. */
  readonly datasets: readonly Pick<Dataset, 'kind' | 'definition'>[]
  readonly models: readonly Model[]
}

/** Declares a project; the default export of `fabrique.config.ts`. Throws `project_invalid` that names the field. */
export function defineProject(options: ProjectOptions): ProjectDeclaration {
  const parsed = ProjectDefinition.safeParse({
    name: options.name,
    ...(options.description === undefined ? {} : { description: options.description }),
    datasets: options.datasets.map(({ definition }) => definition),
    models: options.models.map(({ definition }) => definition),
  })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw invalid(options.name, issue === undefined ? '' : z.core.toDotPath(issue.path), issue?.message ?? '')
  }
  checkReferences(parsed.data)
  const promotionRules = new Map<string, PromotionRule>()
  for (const { definition, promoteWhen } of options.models) {
    if (promoteWhen !== undefined) promotionRules.set(definition.name, promoteWhen)
  }
  return { [projectBrand]: true, definition: parsed.data, promotionRules }
}

function invalid(project: string, field: string, reason: string): FabriqueError {
  return new FabriqueError('project_invalid', { project, field, reason }, { field })
}

function checkReferences({ name, datasets, models }: ProjectDefinition): void {
  const seen = new Set<string>()
  for (const declared of [
    ...datasets,
    ...models.map((declaration) => ({ ...declaration, name: `model ${declaration.name}` })),
  ]) {
    if (seen.has(declared.name)) throw invalid(name, declared.name, 'this name is declared twice')
    seen.add(declared.name)
  }
  for (const declared of models) {
    const source = datasets.find((candidate) => candidate.name === declared.dataset)
    if (source === undefined) {
      throw invalid(
        name,
        `models.${declared.name}`,
        `the data set ${declared.dataset} is not among the data sets of the project`,
      )
    }
    if (declared.features.includes(declared.label)) {
      throw invalid(name, `models.${declared.name}.features`, `the label ${declared.label} is also a feature`)
    }
    if (new Set(declared.features).size !== declared.features.length) {
      throw invalid(name, `models.${declared.name}.features`, 'a feature is named twice')
    }
    for (const column of [declared.label, ...declared.features]) {
      if (!(column in source.columns)) {
        throw invalid(name, `models.${declared.name}`, `the data set ${source.name} declares no column ${column}`)
      }
    }
  }
}
