import type { FeatureService } from '@fabrique/contract'

export interface ServiceView {
  readonly view: string
  /** The version that the service was applied with. */
  readonly version: number
  /** The features taken, each with the name it gets; undefined is all of them under their own names. */
  readonly features: readonly { readonly name: string; readonly as: string }[] | undefined
  /** Put before all names, where all features are taken. */
  readonly prefix: string
}

/** What a service takes of each view. */
export function serviceFeatures({ definition, views }: FeatureService): readonly ServiceView[] {
  return definition.views.map(({ view, features, prefix = '' }) => ({
    view,
    version: views.find((pinned) => pinned.view === view)?.version ?? 0,
    features: features?.map((name) => ({ name, as: `${prefix}${name}` })),
    prefix,
  }))
}
