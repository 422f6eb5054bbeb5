import {
  FabriqueError,
  type FeatureDeclarations,
  type FeatureServiceDefinition,
  type FeatureViewDefinition,
  type ModelDefinition,
  type ModelFeatureService,
} from '@fabrique/contract'

/** A feature service as a model names it; `featureService(…)` makes one. */
export interface ServiceReference {
  readonly kind: 'feature_service'
  readonly definition: FeatureServiceDefinition
}

/** What becomes of a prediction by key where a feature is missing or too old: it is refused, goes on without, or with these values. */
export type MissingFeatures = 'error' | 'null' | Readonly<Record<string, string | number | boolean | null>>

interface ServiceOptions {
  readonly features: ServiceReference
  readonly asKnown?: boolean
  readonly onMissing?: MissingFeatures
}

/** The service of a model as it is stored. */
export function modelService({ features, asKnown = false, onMissing = 'error' }: ServiceOptions): ModelFeatureService {
  const isPolicy = typeof onMissing === 'string'
  return {
    name: features.definition.name,
    as_known: asKnown,
    on_missing: isPolicy ? onMissing : 'default',
    defaults: isPolicy ? {} : { ...onMissing },
  }
}

/** The features of a view in the order in which it gives them. */
function namesOfView({ features, aggregations, derived }: FeatureViewDefinition): readonly string[] {
  return [...features, ...aggregations, ...derived].map(({ name }) => name)
}

/** The columns that a service adds to labels; undefined where it, or one of its views, is not declared. */
export function columnsOfService(name: string, declared: FeatureDeclarations): readonly string[] | undefined {
  const service = declared.feature_services.find((candidate) => candidate.name === name)
  if (service === undefined) return undefined
  const columns: string[] = []
  for (const { view, features, prefix = '' } of service.views) {
    const found = declared.feature_views.find((candidate) => candidate.name === view)
    if (found === undefined) return undefined
    columns.push(...(features ?? namesOfView(found)).map((feature) => `${prefix}${feature}`))
  }
  return columns
}

const nothing: FeatureDeclarations = { entities: [], feature_views: [], feature_services: [] }

/** A model with the columns that it learns from: all of its service, where it is on one. Throws `project_invalid`. */
export function withServiceColumns(
  project: string,
  model: ModelDefinition,
  declared: FeatureDeclarations = nothing,
): ModelDefinition {
  const { name, feature_service: service } = model
  if (service === undefined) return model
  const field = `models.${name}.features`
  const refused = (reason: string) => new FabriqueError('project_invalid', { project, field, reason }, { field })
  const columns = columnsOfService(service.name, declared)
  if (columns === undefined) {
    throw refused(`the feature service ${service.name}, or one of its views, is not among those of the project`)
  }
  const stray = Object.keys(service.defaults).find((feature) => !columns.includes(feature))
  if (stray !== undefined) {
    throw refused(`onMissing names ${stray}, which the feature service ${service.name} does not give`)
  }
  return { ...model, features: [...columns] }
}
