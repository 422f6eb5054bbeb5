import { FabriqueError } from '@fabrique/contract'
import { assert } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import { type SelectedView, selectFeatures } from '../registry/select-features.js'
import { findView } from '../registry/store.js'
import type { ViewKey } from './encode-key.js'
import { type OnlineVersion, onlineVersions } from './version-store.js'

/** Which features are asked for: those of a service, or some by name. */
export interface Selection {
  /** As `churn`, or `churn@2` for a version. */
  readonly service?: string | undefined
  /** As `view:feature`, or `view` for all of it. */
  readonly features?: readonly string[] | undefined
}

export interface PlannedView {
  readonly name: string
  readonly version: number
  /** Its number in the store. */
  readonly id: number
  readonly keys: readonly ViewKey[]
  /** Undefined for values that never grow too old. */
  readonly ttlUs: number | undefined
}

export interface PlannedFeature {
  readonly name: string
  readonly feature: string
  /** Place of its view among those of the plan. */
  readonly view: number
  /** Place of its value among those of the view; -1 where the version that is read does not have it yet. */
  readonly value: number
}

/** What is read for a selection, and where it is. */
export interface ReadPlan {
  readonly views: readonly PlannedView[]
  readonly features: readonly PlannedFeature[]
  /** Names of all keys of the views, each once. */
  readonly keyNames: readonly string[]
}

/**
 * Finds what a selection means now. A view is read at its newest version that is in the store; a service by its number reads exactly the
 * versions that it was applied with. Errors: `feature_view_not_found`, `feature_service_not_found`, `feature_not_found`,
 * `feature_view_not_materialized`, `invalid_request`.
 */
export async function planRead(ctx: VerbContext, project: string, selection: Selection): Promise<ReadPlan> {
  const { views: selected } = await selectFeatures(ctx, { project, ...selection })
  const isPinned = selection.service?.includes('@') === true
  const views: PlannedView[] = []
  const features: PlannedFeature[] = []
  for (const [place, part] of selected.entries()) {
    const { view, online } = await readableVersion(ctx, part, isPinned)
    const own = featuresOf(view.definition).map(({ name }) => name)
    views.push(plannedView(view, online))
    for (const { name: feature, as: name } of part.features) {
      features.push({ name, feature, view: place, value: own.indexOf(feature) })
    }
  }
  return { views, features, keyNames: [...new Set(views.flatMap(({ keys }) => keys.map(({ name }) => name)))] }
}

function plannedView({ name, version, keys, definition }: AppliedView, online: OnlineVersion): PlannedView {
  return {
    name,
    version,
    id: online.id,
    keys: keys.map((key) => ({ name: key.name, type: key.type ?? online.key_types?.[key.name] })),
    ttlUs: definition.ttl_seconds === null ? undefined : Math.round(definition.ttl_seconds * 1_000_000),
  }
}

/** The newest version of a view that is in the store, or the one that is asked for. */
async function readableVersion(
  ctx: VerbContext,
  { view: asked }: SelectedView,
  isPinned: boolean,
): Promise<{ readonly view: AppliedView; readonly online: OnlineVersion }> {
  const { project, name, version } = asked
  const online = (await onlineVersions(ctx, { project, view: name })).find(
    (one) => one.readable_at !== null && (!isPinned || one.version === version),
  )
  if (online === undefined) {
    throw new FabriqueError('feature_view_not_materialized', { project, view: isPinned ? `${name}@${version}` : name })
  }
  if (online.version === version) return { view: asked, online }
  const view = await findView(ctx, { project, name, version: online.version })
  assert(view !== undefined, `Version ${online.version} of view ${name} was applied`)
  return { view, online }
}

/** Refuses a plan in which two features have one name, `feature_name_clash`; names with their views are told apart. */
export function refuseClash({ features, views }: ReadPlan): void {
  const seen = new Map<string, string>()
  for (const { name, view } of features) {
    const second = views[view]?.name ?? ''
    const first = seen.get(name)
    if (first !== undefined) throw new FabriqueError('feature_name_clash', { name, first, second })
    seen.set(name, second)
  }
}
