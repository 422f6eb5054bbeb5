import { createHash } from 'node:crypto'
import type {
  EntityDefinition,
  FeatureServiceDefinition,
  FeatureViewDefinition,
  ServedFeature,
} from '@fabrique/contract'
import { canonicalJson } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'

/** The type of a key; others would not be equal to themselves everywhere. */
export type KeyType = NonNullable<EntityDefinition['keys'][number]['type']>

/** A key of a view: its name as that of the entity, and its column in the source of the view. */
export interface ViewKey {
  readonly name: string
  readonly column: string
  /** Known where the entity or the data set declares it; otherwise that of the data. */
  readonly type?: KeyType
}

/** A version of a view as it was applied. */
export interface AppliedView {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly version: number
  readonly definition: FeatureViewDefinition
  readonly keys: readonly ViewKey[]
  readonly digest: string
  readonly appliedAt: Date
  readonly appliedBy: string
  readonly isRemoved: boolean
}

/** A version of a service as it was applied. */
export interface AppliedService {
  readonly project: string
  readonly name: string
  readonly version: number
  readonly definition: FeatureServiceDefinition
  readonly views: readonly { readonly view: string; readonly version: number }[]
  readonly digest: string
  readonly appliedAt: Date
  readonly appliedBy: string
  readonly isRemoved: boolean
}

export interface AppliedEntity {
  readonly project: string
  readonly name: string
  readonly definition: EntityDefinition
  readonly appliedAt: Date
}

/** The versions of services of a project that models need, whatever is declared meanwhile. */
export type PinnedServices = (
  ctx: VerbContext,
  project: string,
) => Promise<readonly { readonly service: string; readonly version: number }[]>

/** A feature of a view by its name, and what makes it. */
export interface ViewFeature {
  readonly name: string
  readonly kind: ServedFeature['kind']
  readonly description?: string
}

/** All features of a view in their order: of the source, aggregated, derived. */
export function featuresOf({ features, aggregations, derived }: FeatureViewDefinition): readonly ViewFeature[] {
  return [
    ...features.map(({ name, description }) => ({
      name,
      kind: 'feature' as const,
      ...(description === undefined ? {} : { description }),
    })),
    ...aggregations.map(({ name }) => ({ name, kind: 'aggregation' as const })),
    ...derived.map(({ name }) => ({ name, kind: 'derived' as const })),
  ]
}

/** The data sets that a view reads. */
export function datasetsOf({ source }: FeatureViewDefinition): readonly string[] {
  return source.kind === 'dataset' ? [source.dataset] : source.datasets
}

/** What people say about a view and how it is run: a change of it leaves the values, and the version, as they are. */
export const changedInPlace = ['description', 'owner', 'tags', 'online', 'schedule', 'on_snapshot'] as const

export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** Of all that decides about the values of a view. */
export function viewDigest(definition: FeatureViewDefinition, keys: readonly ViewKey[]): string {
  const kept = Object.entries(definition).filter(([name]) => !(changedInPlace as readonly string[]).includes(name))
  const features = definition.features.map(({ name, column = name }) => ({ name, column }))
  return digestOf({ ...Object.fromEntries(kept), features, keys })
}

/** Of all that decides about what a service gives. */
export function serviceDigest(definition: FeatureServiceDefinition, views: AppliedService['views']): string {
  return digestOf({ views: definition.views, versions: views })
}

/** A view as it stands in the lineage. */
export function viewThing({ project, name, version }: Pick<AppliedView, 'project' | 'name' | 'version'>) {
  return {
    kind: 'feature_view' as const,
    id: `${project}/${name}/${version}`,
    label: `${name} ${version}`,
    project,
    detail: { view: name, version },
  }
}
