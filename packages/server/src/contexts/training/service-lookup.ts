import { type FeatureLookup, isFabriqueError, type ModelSignature } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { selectFeatures } from '../features/index.js'
import { getProject } from '../projects/index.js'

/**
 * How a model finds its features by key when it was trained by hand on a training set of a feature service: as the loop of the model would
 * have it. Undefined for other data.
 */
export async function serviceLookup(
  ctx: VerbContext,
  {
    snapshot,
    model,
    signature,
  }: { readonly snapshot: string; readonly model: string; readonly signature: ModelSignature },
): Promise<FeatureLookup | undefined> {
  const { project, source } = await getSnapshot({ ctx, input: { snapshot } })
  const [, service, version] = (source.kind === 'features' && /^([^,@]+)@(\d+)$/.exec(source.location)) || []
  if (service === undefined || version === undefined) return undefined
  const found = await selectFeatures(ctx, { project, service: `${service}@${version}` }).catch((error: unknown) => {
    // A training set of a single view is named like a service, and is of none.
    if (isFabriqueError(error) && error.code === 'feature_service_not_found') return undefined
    throw error
  })
  if (found === undefined) return undefined
  const features = found.views.flatMap((view) => view.features.map(({ as }) => as))
  if (!signature.features.some(({ name }) => features.includes(name))) return undefined
  const { definition } = await getProject({ ctx, input: { project } })
  const declared = definition.models.find(({ name }) => name === model)?.feature_service
  return {
    project,
    service,
    service_version: Number(version),
    keys: [...new Set(found.views.flatMap(({ view }) => view.keys.map(({ name }) => name)))],
    features,
    on_missing: declared?.on_missing ?? 'error',
    defaults: declared?.defaults ?? {},
  }
}
