import type { FeatureLookup, ModelDefinition, ModelFeatureService, ModelSignature, Project } from '@fabrique/contract'
import { z } from 'zod'
import type { VerbContext } from '../../platform/index.js'

/** The feature store as the loop uses it. Each call is safe to repeat. */
export interface LoopFeatures {
  /** Joins the features of a service, at its newest version, to labels as they were then: a snapshot of the data set `into`. */
  makeTrainingSet(
    ctx: VerbContext,
    request: {
      readonly project: string
      readonly service: string
      /** The labels with their keys and time, by the id of their snapshot. */
      readonly labels: string
      readonly asKnown: boolean
      readonly into: string
      readonly reason: string
    },
  ): Promise<TrainingSet>
  /** Brings the newest values of the views of a service to the online store, where that has not been done. */
  materialize(
    ctx: VerbContext,
    request: {
      readonly project: string
      /** At the version that was trained on, as `churn@2`. */
      readonly service: string
      readonly reason: string
    },
  ): Promise<void>
}

/** What a model on a feature service is trained on. */
export const TrainingSet = z.object({
  snapshot_id: z.string(),
  service_version: z.number().int(),
  keys: z.array(z.string()),
  features: z.array(z.string()),
  /** Keys of one of the newest labels. */
  example: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})
export type TrainingSet = z.output<typeof TrainingSet>

/** The data sets that a loop reads: that of the model first, then those that its features come from. */
export function datasetsOfLoop(
  { definition }: Project,
  { dataset, feature_service: service }: ModelDefinition,
): readonly string[] {
  if (service === undefined) return [dataset]
  const { feature_services = [], feature_views = [] } = definition.features ?? {}
  const views = new Set(feature_services.find(({ name }) => name === service.name)?.views.map(({ view }) => view))
  const sources = feature_views.flatMap(({ name, source }) => {
    if (!views.has(name)) return []
    return source.kind === 'dataset' ? [source.dataset] : source.datasets
  })
  return [...new Set([dataset, ...sources])]
}

/** What a trained model takes, with how it finds that when it is asked by key: in the version of the service that it learnt from. */
export function withLookup(
  signature: ModelSignature,
  project: string,
  { service, made }: { readonly service: ModelFeatureService; readonly made: TrainingSet },
): ModelSignature {
  const lookup: FeatureLookup = {
    project,
    service: service.name,
    service_version: made.service_version,
    keys: made.keys,
    features: made.features,
    on_missing: service.on_missing,
    defaults: service.defaults,
    ...(made.example === undefined ? {} : { example: made.example }),
  }
  return { ...signature, feature_lookup: lookup }
}
