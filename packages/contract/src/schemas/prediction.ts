import { z } from 'zod'
import { Timestamp } from './common.js'
import { ModelSignature } from './model.js'

const FeatureValue = z.union([z.number(), z.string(), z.boolean(), z.null()])
const FeatureRow = z.union([z.array(FeatureValue), z.record(z.string(), FeatureValue)])

/**
 * A prediction request: one row or several under `features`, each as values in the order of the signature or by column
 * name; or the columns of one row at the top level. Moments are ISO 8601 texts or milliseconds since 1970; null is a missing value.
 */
export const PredictRequest = z
  .union([z.object({ features: z.union([z.array(FeatureRow), FeatureRow]) }), z.record(z.string(), FeatureValue)])
  .meta({ id: 'PredictRequest' })
export type PredictRequest = z.infer<typeof PredictRequest>

const predictedClass = z.string().meta({ description: 'The class with the highest probability or score' })

/** A class with the probability of each. */
export const ClassPrediction = z
  .object({
    prediction: predictedClass,
    probabilities: z.record(z.string(), z.number()).meta({ description: 'Probability by class; they sum to 1' }),
  })
  .meta({ id: 'ClassPrediction' })
export type ClassPrediction = z.infer<typeof ClassPrediction>

/** A class of a model without probabilities, as a linear support vector machine. */
export const ScoredPrediction = z
  .object({
    prediction: predictedClass,
    scores: z.record(z.string(), z.number()).meta({ description: 'Score by class, of no scale; the highest wins' }),
  })
  .meta({ id: 'ScoredPrediction' })
export type ScoredPrediction = z.infer<typeof ScoredPrediction>

/** A number, of a regression. */
export const NumberPrediction = z
  .object({ prediction: z.number().meta({ description: 'In the unit of the target' }) })
  .meta({ id: 'NumberPrediction' })
export type NumberPrediction = z.infer<typeof NumberPrediction>

/** What a model says of one row; the key beside `prediction` tells the kinds apart. */
export const Prediction = z.union([ClassPrediction, ScoredPrediction, NumberPrediction]).meta({ id: 'Prediction' })
export type Prediction = z.infer<typeof Prediction>

const answeredBy = {
  model: z.string(),
  version: z.string(),
  request_id: z.string(),
}

/** The answer to one row, or to several rows in their order. */
export const PredictReply = z
  .union([
    ClassPrediction.extend(answeredBy),
    ScoredPrediction.extend(answeredBy),
    NumberPrediction.extend(answeredBy),
    z.object({ predictions: z.array(Prediction), ...answeredBy }),
  ])
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
