import {
  type EntityDefinition,
  type FeatureChange,
  type FeatureDeclarations,
  type FeaturePlan,
  type FeatureServiceDefinition,
  Json,
  PlanFeatures,
} from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../../kernel/index.js'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import { listDatasets } from '../../datasets/index.js'
import { type CheckedView, checkDeclarations, type KnownDatasets } from './check-declarations.js'
import { checkSql } from './check-sql.js'
import {
  type AppliedEntity,
  type AppliedService,
  type AppliedView,
  digestOf,
  serviceDigest,
  viewDigest,
} from './model.js'
import { readEntities, readNewestServices, readNewestViews } from './store.js'

/** A wish with what it changes, ready to be written. */
export interface MadePlan extends FeaturePlan {
  readonly views: readonly (CheckedView & { readonly digest: string; readonly version: number })[]
  readonly services: readonly {
    readonly definition: FeatureServiceDefinition
    readonly views: AppliedService['views']
    readonly digest: string
    readonly version: number
  }[]
  readonly entities: readonly EntityDefinition[]
}

/**
 * What applying these declarations would change. Errors: `features_invalid`, `feature_name_clash`, `project_not_found`.
 */
export const planFeatures = readVerb({
  name: 'features.plan_features',
  permission: 'features.read',
  input: z.object({ project: z.string(), declarations: PlanFeatures }),
  async run({ ctx, input }): Promise<FeaturePlan> {
    const { datasets, ...wish } = input.declarations
    const { changes, digest } = await makePlan(ctx, input.project, wish, datasets)
    return { changes, digest }
  },
})

/** Checks a wish and compares it with what is applied. `declared` are data sets that the project is about to have. */
export async function makePlan(
  ctx: VerbContext,
  project: string,
  wish: FeatureDeclarations,
  declared: PlanFeatures['datasets'] = [],
): Promise<MadePlan> {
  const datasets = knownDatasets([...(await listDatasets({ ctx, input: { project } })), ...declared])
  const checked = checkDeclarations(wish, datasets)
  await checkSql(ctx, checked, datasets)
  const state = {
    entities: await readEntities(ctx, project),
    views: await readNewestViews(ctx, project),
    services: await readNewestServices(ctx, project),
  }
  const views = checked.map((view) => {
    const digest = viewDigest(view.definition, view.keys)
    return { ...view, digest, version: nextVersion(find(state.views, view.definition.name), digest) }
  })
  const versions = new Map(views.map(({ definition: { name }, version }) => [name, version]))
  const services = wish.feature_services.map((definition) => {
    const pinned = definition.views.map(({ view }) => ({ view, version: versions.get(view) ?? 0 }))
    const digest = serviceDigest(definition, pinned)
    return { definition, views: pinned, digest, version: nextVersion(find(state.services, definition.name), digest) }
  })
  const changes = [
    ...changesOf(
      'entity',
      state.entities.map(serving),
      wish.entities.map((definition) => ({ definition })),
    ),
    ...changesOf('feature_view', state.views, views),
    ...changesOf('feature_service', state.services, services),
  ]
  return { changes, digest: digestOf({ state, wish }), views, services, entities: wish.entities }
}

function knownDatasets(datasets: PlanFeatures['datasets']): KnownDatasets {
  return new Map(
    datasets.map(({ name, columns }) => {
      const types = Object.entries(columns).map(([column, { type }]) => [column, type] as const)
      return [name, { name, ...(types.length === 0 ? {} : { columns: new Map(types) }) }]
    }),
  )
}

const find = <Item extends { readonly name: string }>(items: readonly Item[], name: string): Item | undefined =>
  items.find((item) => item.name === name)

/** What was taken away and comes back is another version, since its online values are gone. */
function nextVersion(applied: AppliedView | AppliedService | undefined, digest: string): number {
  if (applied === undefined) return 1
  return !applied.isRemoved && applied.digest === digest ? applied.version : applied.version + 1
}

/** Something applied, with or without a version. */
interface Applied {
  readonly name: string
  readonly definition: object
  readonly version?: number
  readonly isRemoved: boolean
}

const serving = (entity: AppliedEntity): Applied => ({ ...entity, isRemoved: false })

function changesOf(
  kind: FeatureChange['kind'],
  state: readonly Applied[],
  wish: readonly { readonly definition: { readonly name: string }; readonly version?: number }[],
): FeatureChange[] {
  const served = state.filter(({ isRemoved }) => !isRemoved)
  const wished = wish.map(({ definition, version }): FeatureChange => {
    const { name } = definition
    const before = find(served, name)
    const fields = before === undefined ? [] : differences(before.definition, definition)
    const from = before?.version
    const isSame = before !== undefined && fields.length === 0 && from === version
    return {
      kind,
      name,
      change: before === undefined ? 'create' : isSame ? 'none' : 'update',
      ...(from === undefined ? {} : { from_version: from }),
      ...(version === undefined ? {} : { to_version: version }),
      fields,
      consequences: before === undefined ? [] : consequencesOf(kind, before, { definition, version }),
    }
  })
  const gone = served.filter(({ name }) => wish.every(({ definition }) => definition.name !== name))
  return [
    ...wished,
    ...gone.map(({ name, version, definition }): FeatureChange => {
      const drops = kind === 'feature_view' && isOnline(definition)
      return {
        kind,
        name,
        change: 'delete',
        ...(version === undefined ? {} : { from_version: version }),
        fields: [],
        consequences: drops ? ['drops_online_values'] : [],
      }
    }),
  ]
}

const isOnline = (definition: object) => 'online' in definition && definition.online === true

function consequencesOf(
  kind: FeatureChange['kind'],
  before: Applied,
  after: { readonly definition: object; readonly version: number | undefined },
): FeatureChange['consequences'] {
  const isNewVersion = before.version !== after.version
  if (kind === 'feature_service') return isNewVersion ? ['models_pin_older_version'] : []
  if (kind !== 'feature_view') return []
  if (!isOnline(after.definition)) return isOnline(before.definition) ? ['drops_online_values'] : []
  return isNewVersion || !isOnline(before.definition) ? ['rematerialize'] : []
}

/** What differs, by its place. What has a name within a list is compared by that name. */
function differences(before: unknown, after: unknown, path = ''): FeatureChange['fields'] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return []
  const [left, right] = [membersOf(before), membersOf(after)]
  if (left === undefined || right === undefined) {
    return [{ path, ...sideOf('before', before), ...sideOf('after', after) }]
  }
  const inner = [...new Set([...left.keys(), ...right.keys()])].flatMap((name) =>
    differences(left.get(name), right.get(name), path === '' ? name : `${path}.${name}`),
  )
  // The same things in another order.
  return inner.length > 0 ? inner : [{ path, ...sideOf('before', before), ...sideOf('after', after) }]
}

function sideOf<Side extends 'before' | 'after'>(side: Side, value: unknown): Partial<Record<Side, Json>> {
  return value === undefined ? {} : ({ [side]: Json.parse(value) } as Record<Side, Json>)
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const named = value.map((item): [string, unknown] => [nameOf(item) ?? '', item])
    return named.every(([name]) => name !== '') ? new Map(named) : undefined
  }
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { name, view } = item as { readonly name?: unknown; readonly view?: unknown }
  return typeof name === 'string' ? name : typeof view === 'string' ? view : undefined
}
