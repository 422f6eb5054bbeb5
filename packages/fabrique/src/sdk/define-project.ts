import {
  type DatasetDefinition,
  FabriqueError,
  type FeatureDeclarations,
  type ModelDefinition,
  ProjectDefinition,
  Slug,
} from '@fabrique/contract'
import { z } from 'zod'
import type { Dataset } from './dataset.js'
import type { SourceContext, SourceDriver, SourceParts } from './define-source.js'
import type { Entity } from './entity.js'
import type { FeatureService } from './feature-service.js'
import type { FeatureView } from './feature-view.js'
import type { Flow } from './flow.js'
import { type DeclaredFlow, declareFlows } from './flow-definition.js'
import type { Model } from './model.js'
import { withServiceColumns } from './model-features.js'
import { type Monitor, monitorDefinition } from './monitor.js'
import { type PredictOptions, predictOf } from './predict-options.js'

/** How the loader knows a project, also one made by another copy of this package. */
export const projectBrand: unique symbol = Symbol.for('fabrique.project') as never

/** A declared project: its definition as data, and the rules that are functions. */
export interface ProjectDeclaration {
  readonly [projectBrand]: true
  readonly definition: ProjectDefinition
  /** Promotion rule by model, where the project has its own. */
  readonly promotionRules: ReadonlyMap<string, NonNullable<Model['promoteWhen']>>
  /** The sources that it defines in code, by name. */
  readonly sources: ReadonlyMap<string, DeclaredSource>
  /** The functions of derived features: by view, then by feature. */
  readonly featureCode: ReadonlyMap<string, ReadonlyMap<string, DerivedCode>>
  /** Its flows with their functions, by name. */
  readonly flows: ReadonlyMap<string, DeclaredFlow>
}

/** A function that derives a feature, as the worker calls it, with the digest of its text. */
export interface DerivedCode {
  readonly digest: string
  run(inputs: Readonly<Record<string, unknown>>): unknown
}

/** A source in code as the worker calls it. */
export interface DeclaredSource {
  readonly name: string
  list(context: SourceContext): SourceParts | Promise<SourceParts>
}

export interface ProjectOptions {
  /** Stands in addresses: lower case letters, digits, - and _. */
  readonly name: string
  readonly description?: string
  /** Declared with `dataset(…)`. */
  readonly datasets: readonly Pick<Dataset, 'kind' | 'definition'>[]
  readonly models?: readonly Model[]
  /** Declared with `entity(…)`: what features are about. */
  readonly entities?: readonly Entity[]
  /** Declared with `featureView(…)`. */
  readonly featureViews?: readonly Pick<FeatureView, 'kind' | 'definition' | 'code'>[]
  /** Declared with `featureService(…)`. */
  readonly featureServices?: readonly FeatureService[]
  /** Kinds of sources in code, defined with `defineSource(…)`. */
  readonly sources?: readonly SourceDriver<never>[]
  /** Declared with `flow(…)`. */
  readonly flows?: readonly AnyFlow[]
  /** Declared with `monitor(…)`. */
  readonly monitors?: readonly Monitor[]
  /** How the predictions of its models are given that do not say so themselves. */
  readonly predict?: PredictOptions
}

/** A flow whatever it takes and gives: its function is called with what its own schema has checked. */
type AnyFlow = Pick<Flow, 'kind' | 'name'>

/** Declares a project; the default export of `fabrique.config.ts`. Throws `project_invalid` that names the field. */
export function defineProject(options: ProjectOptions): ProjectDeclaration {
  const { models = [] } = options
  const features = featuresOf(options)
  const flows = declareFlows(options.name, (options.flows ?? []) as readonly Flow[])
  const parsed = ProjectDefinition.safeParse({
    name: options.name,
    ...(options.description === undefined ? {} : { description: options.description }),
    datasets: options.datasets.map(({ definition }) => definition),
    models: models.map(({ definition }) => withServiceColumns(options.name, definition, features)),
    ...(features === undefined ? {} : { features }),
    ...(flows.size === 0 ? {} : { flows: [...flows.values()].map(({ definition }) => definition) }),
    ...(options.monitors === undefined ? {} : { monitors: monitorsOf(options) }),
    ...predictOf(options.predict),
  })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw invalid(options.name, issue === undefined ? '' : z.core.toDotPath(issue.path), issue?.message ?? '')
  }
  checkReferences(parsed.data)
  const promotionRules = new Map<string, NonNullable<Model['promoteWhen']>>()
  for (const { definition, promoteWhen } of models) {
    if (promoteWhen !== undefined) promotionRules.set(definition.name, promoteWhen)
  }
  return {
    [projectBrand]: true,
    definition: parsed.data,
    promotionRules,
    flows,
    sources: sourcesOf(options, parsed.data),
    // Called with the inputs that each declared; the types of those were checked there.
    featureCode: new Map(
      (options.featureViews ?? []).map(({ definition, code }) => [
        definition.name,
        code as ReadonlyMap<string, DerivedCode>,
      ]),
    ),
  }
}

/** What the project declares of features; undefined where it declares none. */
function featuresOf({
  entities = [],
  featureViews = [],
  featureServices = [],
}: ProjectOptions): FeatureDeclarations | undefined {
  if (entities.length + featureViews.length + featureServices.length === 0) return undefined
  return {
    entities: entities.map(({ definition }) => definition),
    feature_views: featureViews.map(({ definition }) => definition),
    feature_services: featureServices.map(({ definition }) => definition),
  }
}

/** The monitors as data. Throws `project_invalid` for one that is there twice, and for a flow that the project does not have. */
function monitorsOf({ name: project, monitors = [], flows = [] }: ProjectOptions) {
  const seen = new Set<string>()
  return monitors.map((one) => {
    const refuse = (field: string, reason: string) => invalid(project, `monitors.${one.name}.${field}`, reason)
    if (seen.has(one.name)) throw refuse('name', 'this name is declared twice')
    seen.add(one.name)
    for (const [place, action] of (one.options.actions ?? []).entries()) {
      if (typeof action === 'string' || !('flow' in action)) continue
      const declared = (flows as readonly Flow[]).find(({ name }) => name === action.flow.name)
      const field = `actions.${place}.flow`
      if (declared === undefined)
        throw refuse(field, `the flow ${action.flow.name} is not among the flows of the project`)
      const checked = (declared.options.params ?? z.object({})).safeParse(action.params ?? {})
      if (!checked.success) {
        const [issue] = checked.error.issues
        throw refuse(`actions.${place}.params`, issue?.message ?? 'these are no parameters of it')
      }
    }
    return monitorDefinition(one, refuse)
  })
}

/** The sources in code by name. Throws `project_invalid` when one is there twice, or a data set uses one that is not there. */
function sourcesOf(
  options: ProjectOptions,
  { name, datasets }: ProjectDefinition,
): ReadonlyMap<string, DeclaredSource> {
  const sources = new Map<string, DeclaredSource>()
  for (const { sourceName, list } of options.sources ?? []) {
    if (!Slug.safeParse(sourceName).success)
      throw invalid(name, `sources.${sourceName}`, 'this is no name for a source')
    if (sources.has(sourceName)) throw invalid(name, `sources.${sourceName}`, 'this name is declared twice')
    // Called with the options that its own function declared; the type of those was checked there.
    sources.set(sourceName, { name: sourceName, list: list as DeclaredSource['list'] })
  }
  for (const { name: dataset, source } of datasets) {
    if (source.kind !== 'custom' || sources.has(source.driver)) continue
    throw invalid(
      name,
      `datasets.${dataset}.source`,
      `the source ${source.driver} is not among the sources of the project`,
    )
  }
  return sources
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
    checkColumns(name, declared, source)
  }
}

function checkColumns(project: string, declared: ModelDefinition, { name, columns, time }: DatasetDefinition): void {
  const { label, features, weight, split, feature_service: service } = declared
  const place = `models.${declared.name}`
  if (features.includes(label)) throw invalid(project, `${place}.features`, `the label ${label} is also a feature`)
  if (new Set(features).size !== features.length) {
    throw invalid(project, `${place}.features`, 'a feature is named twice')
  }
  const grouped = (declared.columns ?? []).flatMap((group) => group.columns)
  const stray = grouped.find((column) => !features.includes(column))
  if (stray !== undefined) throw invalid(project, `${place}.columns`, `the column ${stray} is not among the features`)
  if (service !== undefined && time === undefined) {
    throw invalid(project, place, `the data set ${name} has no time, which features are joined by`)
  }
  // Those of a service are joined to the labels, whose data set does not have them.
  const own = service === undefined ? features : []
  const named = [label, ...own, ...(weight === undefined ? [] : [weight])]
  if (split.kind !== 'random') named.push(split.column)
  const missing = named.find((column) => !(column in columns))
  if (missing !== undefined) throw invalid(project, place, `the data set ${name} declares no column ${missing}`)
}
