import { z } from 'zod'
import { Json, Timestamp } from './common.js'
import { FeatureStatus } from './feature.js'
import { ModelSignature } from './model.js'

/** An image within JSON. In a form it is a file. */
export const ImageValue = z
  .object({ b64: z.string().meta({ description: 'Its file as base64: JPEG, PNG, WebP, GIF, TIFF or AVIF' }) })
  .meta({ id: 'ImageValue' })
export type ImageValue = z.infer<typeof ImageValue>

const FeatureValue = z.union([z.number(), z.string(), z.boolean(), z.null(), ImageValue])
const FeatureRow = z.union([z.array(FeatureValue), z.record(z.string(), FeatureValue)])

/**
 * A prediction request: one row or several under `features`, each as values in the order of the signature or by column
 * name; or the columns of one row at the top level. A model on a feature service takes the keys of its entity instead, as
 * `{"user_id": "u000001"}`. Moments are ISO 8601 texts or milliseconds since 1970; an image is `{"b64": ...}`; null is a missing value.
 */
export const PredictRequest = z
  .union([z.object({ features: z.union([z.array(FeatureRow), FeatureRow]) }), z.record(z.string(), FeatureValue)])
  .meta({ id: 'PredictRequest' })
export type PredictRequest = z.infer<typeof PredictRequest>

/** A feature that was looked up by key: what was found, how old it was, and what the model was given. */
export const UsedFeature = z
  .object({
    name: z.string(),
    view: z.string().meta({ description: 'The feature view that it is of' }),
    value: Json.meta({ description: 'What the model was given' }),
    status: FeatureStatus,
    event_time: Timestamp.nullable().meta({ description: 'When it became true' }),
    age_seconds: z.number().nullable(),
    replaced: z
      .enum(['default', 'null'])
      .optional()
      .meta({ description: 'Nothing current was found, and this was given instead' }),
  })
  .meta({ id: 'UsedFeature' })
export type UsedFeature = z.infer<typeof UsedFeature>

const used = {
  features_used: z.array(UsedFeature).optional().meta({ description: 'Where the features were looked up by key' }),
}

const predictedClass = z.string().meta({ description: 'The class with the highest probability or score' })

/** A class with the probability of each. */
export const ClassPrediction = z
  .object({
    prediction: predictedClass,
    probabilities: z.record(z.string(), z.number()).meta({ description: 'Probability by class; they sum to 1' }),
    ...used,
  })
  .meta({ id: 'ClassPrediction' })
export type ClassPrediction = z.infer<typeof ClassPrediction>

/** A class of a model without probabilities, as a linear support vector machine. */
export const ScoredPrediction = z
  .object({
    prediction: predictedClass,
    scores: z.record(z.string(), z.number()).meta({ description: 'Score by class, of no scale; the highest wins' }),
    ...used,
  })
  .meta({ id: 'ScoredPrediction' })
export type ScoredPrediction = z.infer<typeof ScoredPrediction>

/** A number, of a regression. */
export const NumberPrediction = z
  .object({ prediction: z.number().meta({ description: 'In the unit of the target' }), ...used })
  .meta({ id: 'NumberPrediction' })
export type NumberPrediction = z.infer<typeof NumberPrediction>

/** What a model says of one row; the key beside `prediction` tells the kinds apart. */
export const Prediction = z.union([ClassPrediction, ScoredPrediction, NumberPrediction]).meta({ id: 'Prediction' })
export type Prediction = z.infer<typeof Prediction>

const answeredBy = {
  model: z.string(),
  version: z.string(),
  request_id: z.string(),
  prediction_id: z
    .string()
    .optional()
    .meta({ description: 'For feedback; only where the prediction is kept in the log' }),
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
    state: z
      .enum(['ready', 'loading', 'idle', 'failed'])
      .meta({ description: 'idle: it was taken out of memory, and is loaded by the next request' }),
    error: z.string().optional().meta({ description: 'Why the newest version is not served' }),
    signature: ModelSignature,
    image_limits: z
      .object({ bytes_max: z.number().int(), pixels_max: z.number().int() })
      .optional()
      .meta({ description: 'Of a model that takes images: bytes of a form, and pixels of the images of a feature' }),
    versions: z
      .array(z.object({ version: z.string(), aliases: z.array(z.string()) }))
      .meta({ description: 'Those in memory, newest first' }),
    loaded_at: Timestamp.optional().meta({ description: 'Of a version that is in memory' }),
    request_count: z.number().int().meta({ description: 'Predictions answered since the server started' }),
    latency_p50_ms: z.number().optional(),
    latency_p95_ms: z.number().optional(),
    latency_p99_ms: z.number().optional(),
  })
  .meta({ id: 'Endpoint' })
export type Endpoint = z.infer<typeof Endpoint>
