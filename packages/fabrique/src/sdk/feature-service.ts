import type { FeatureServiceDefinition } from '@fabrique/contract'
import { type AboutFeatures, aboutOf } from './entity.js'
import type { FeatureView, ViewSelection } from './feature-view.js'

/** A declared service: what a model is trained on and served with. */
export interface FeatureService {
  readonly kind: 'feature_service'
  readonly definition: FeatureServiceDefinition
}

/** A view as it stands in a service; what its rows hold does not matter there. */
export type ServedView = Pick<FeatureView, 'kind' | 'definition'> | ViewSelection

/** Declares a list of features: whole views, or some of their features as `usage.features('hours')`. */
export function featureService(name: string, views: readonly ServedView[], about: AboutFeatures = {}): FeatureService {
  return {
    kind: 'feature_service',
    definition: {
      name,
      views: views.map((served) => {
        if ('kind' in served) return { view: served.definition.name }
        const { view, features, prefix } = served
        return {
          view: view.name,
          ...(features === undefined ? {} : { features: [...features] }),
          ...(prefix === undefined ? {} : { prefix }),
        }
      }),
      ...aboutOf(about),
    },
  }
}
