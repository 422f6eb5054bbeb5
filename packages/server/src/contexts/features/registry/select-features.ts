import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { type AppliedService, type AppliedView, featuresOf } from './model.js'
import { findService, findView } from './store.js'

/** Features of a view that are asked for, each with the name that it gets. */
export interface SelectedView {
  readonly view: AppliedView
  readonly features: readonly { readonly name: string; readonly as: string }[]
}

export interface SelectedFeatures {
  readonly views: readonly SelectedView[]
  /** Where they are those of a service. */
  readonly service?: AppliedService
}

export interface Asked {
  readonly project: string
  readonly service?: string | undefined
  readonly features?: readonly string[] | undefined
}

/**
 * The views and features that are meant: those of `service` (churn, or churn@2), or of `features` (usage_30d:hours, or usage_30d for all
 * of it) in their order. Errors: `feature_service_not_found`, `feature_view_not_found`, `feature_not_found`, `invalid_request`.
 */
export async function selectFeatures(ctx: VerbContext, asked: Asked): Promise<SelectedFeatures> {
  const { service, features } = asked
  if ((service === undefined) === (features === undefined)) {
    throw new FabriqueError(
      'invalid_request',
      {
        field: 'service',
        reason: 'either a service or features have to be named',
        reason_fr: 'il faut nommer soit un service, soit des variables',
      },
      { field: 'service' },
    )
  }
  return service === undefined
    ? { views: await viewsOfFeatures(ctx, asked.project, features ?? []) }
    : selectService(ctx, asked.project, service)
}

async function selectService(ctx: VerbContext, project: string, text: string): Promise<SelectedFeatures> {
  const [, name = text, version] = /^(.+)@(\d{1,9})$/.exec(text) ?? []
  const service = await findService(ctx, {
    project,
    name,
    version: version === undefined ? undefined : Number(version),
  })
  if (service === undefined) throw new FabriqueError('feature_service_not_found', { project, service: text })
  const views: SelectedView[] = []
  for (const { view: viewName, features, prefix = '' } of service.definition.views) {
    const pinned = service.views.find(({ view }) => view === viewName)?.version
    const view = await viewOf(ctx, project, viewName, pinned)
    const all = featuresOf(view.definition).map((feature) => feature.name)
    views.push({ view, features: (features ?? all).map((feature) => ({ name: feature, as: `${prefix}${feature}` })) })
  }
  return { views, service }
}

async function viewsOfFeatures(
  ctx: VerbContext,
  project: string,
  asked: readonly string[],
): Promise<readonly SelectedView[]> {
  const found = new Map<string, { view: AppliedView; features: { name: string; as: string }[] }>()
  for (const text of asked) {
    const at = text.indexOf(':')
    const name = at < 0 ? text : text.slice(0, at)
    const selected = found.get(name) ?? { view: await viewOf(ctx, project, name), features: [] }
    found.set(name, selected)
    const known = featuresOf(selected.view.definition).map((feature) => feature.name)
    for (const feature of at < 0 ? known : [text.slice(at + 1)]) {
      if (!known.includes(feature)) {
        throw new FabriqueError('feature_not_found', { view: name, feature, known: known.join(', ') })
      }
      selected.features.push({ name: feature, as: feature })
    }
  }
  return [...found.values()]
}

async function viewOf(ctx: VerbContext, project: string, name: string, version?: number): Promise<AppliedView> {
  const view = await findView(ctx, { project, name, version })
  if (view !== undefined) return view
  throw new FabriqueError('feature_view_not_found', { project, view: name })
}
