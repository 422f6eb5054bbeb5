import { z } from 'zod'
import { Timestamp } from './common.js'
import { ModelSignature } from './model.js'

const FeatureValue = z.union([z.number(), z.string(), z.boolean(), z.null()])
const FeatureRow = z.union([z.array(FeatureValue), z.record(z.string(), FeatureValue)])

/**
 * A prediction request: one row or several under `features`, each as values in the order of the signature or by column
 * name; or the columns of one row at the top level.
 */
export const PredictRequest = z
  .union([z.object({ features: z.union([z.array(FeatureRow), FeatureRow]) }), z.record(z.string(), FeatureValue)])
  .meta({ id: 'PredictRequest' })
export type PredictRequest = z.infer<typeof PredictRequest>

export const Prediction = z
  .object({
    prediction: z.string().meta({ description: 'The class with the highest probability' }),
    probabilities: z.record(z.string(), z.number()).meta({ description: 'Probability by class; they sum to 1' }),
  })
  .meta({ id: 'Prediction' })
export type Prediction = z.infer<typeof Prediction>

const answeredBy = {
  model: z.string(),
  version: z.string(),
  request_id: z.string(),
}

/** The answer to one row, or to several rows in their order. */
export const PredictReply = z
  .union([Prediction.extend(answeredBy), z.object({ predictions: z.array(Prediction), ...answeredBy })])
  .meta({ id: 'PredictReply' })
export type PredictReply = z.infer<typeof PredictReply>

/** A model that answers predictions on this server. */
export const Endpoint = z
  .object({
    model: z.string(),
    version: z.string(),
    alias: z.string(),
    path: z.string().meta({ description: 'Address of its predictions on this server' }),
    is_default: z.boolean().meta({ description: 'True when /predict goes to it' }),
    state: z.enum(['ready', 'failed']),
    error: z.string().optional().meta({ description: 'Why the newest version is not served' }),
    signature: ModelSignature,
    loaded_at: Timestamp,
    request_count: z.number().int().meta({ description: 'Predictions answered since the server started' }),
    latency_p50_ms: z.number().optional(),
    latency_p99_ms: z.number().optional(),
  })
  .meta({ id: 'Endpoint' })
export type Endpoint = z.infer<typeof Endpoint>
