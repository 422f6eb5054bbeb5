import { z } from 'zod'
import { Json, Timestamp } from './common.js'
import { MissingFeaturePolicy } from './project.js'
import { LatestMetric } from './run.js'

const perChannel = z.array(z.number()).min(1).max(3)
const pixels = z.number().int().min(1).max(65_535)

/**
 * How an image becomes the values of an input: it is turned upright, made of the channels, drawn to its size, and each value from 0 to 255
 * becomes `(value * scale - mean) / std`.
 */
export const ImageSpec = z
  .strictObject({
    channels: z.enum(['rgb', 'bgr', 'grey']).optional().meta({ description: 'rgb; grey where the input has one' }),
    layout: z
      .enum(['channels_first', 'channels_last'])
      .optional()
      .meta({ description: 'Where the shape of the input does not tell; channels_first' }),
    width: pixels
      .optional()
      .meta({ description: 'Of the input; absent where any is taken, and the image keeps its own' }),
    height: pixels.optional().meta({ description: 'The same' }),
    fit: z
      .enum(['stretch', 'crop'])
      .optional()
      .meta({ description: 'stretch: drawn to that size as it is; crop: to cover it, and its middle is taken' }),
    shortest_edge: pixels.optional().meta({ description: 'With crop: what the shorter side is drawn to before' }),
    resample: z
      .enum(['nearest', 'bilinear', 'bicubic', 'lanczos'])
      .optional()
      .meta({ description: 'How it is drawn; bicubic' }),
    scale: z.number().optional().meta({ description: '1 for inputs of bytes, 1/255 for floats' }),
    mean: perChannel.optional().meta({ description: 'Of each channel, or of all; 0' }),
    std: perChannel.optional().meta({ description: 'Of each channel, or of all; 1' }),
  })
  .meta({ id: 'ImageSpec' })
export type ImageSpec = z.infer<typeof ImageSpec>

export const FeatureSpec = z
  .object({
    name: z.string(),
    type: z.enum(['number', 'integer', 'text', 'category', 'boolean', 'timestamp', 'image']),
    unit: z.string().optional(),
    min: z.number().optional().meta({
      description: 'Smallest value seen in training; of moments in milliseconds since 1970',
    }),
    max: z.number().optional().meta({ description: 'Largest value seen in training; of moments likewise' }),
    values: z.array(z.string()).optional().meta({ description: 'The texts seen in training, where they are few' }),
    nullable: z.boolean().optional().meta({ description: 'True where a value may be missing' }),
    takes_unseen: z.boolean().optional().meta({
      description: 'True where other texts than `values` are taken: they count as a category that training did not see',
    }),
    image: ImageSpec.optional().meta({ description: 'Of an image: how the model takes it' }),
  })
  .meta({ id: 'FeatureSpec' })
export type FeatureSpec = z.infer<typeof FeatureSpec>

/** How a model finds its features when it is asked by key. */
export const FeatureLookup = z
  .object({
    project: z.string(),
    service: z.string(),
    service_version: z.number().int().meta({ description: 'The version that it was trained on' }),
    keys: z.array(z.string()).meta({ description: 'What a request names, as user_id' }),
    features: z.array(z.string()).meta({ description: 'Those of the service; others stand in the request' }),
    on_missing: MissingFeaturePolicy,
    defaults: z.record(z.string(), Json),
    example: z.record(z.string(), Json).optional().meta({ description: 'Keys that something is known of' }),
  })
  .meta({ id: 'FeatureLookup' })
export type FeatureLookup = z.infer<typeof FeatureLookup>

/** What a model takes and gives; stored with the model file and used for forms, checks and OpenAPI. */
export const ModelSignature = z
  .object({
    task: z.enum(['classification', 'regression']),
    features: z.array(FeatureSpec),
    target: z.object({
      name: z.string(),
      classes: z.array(z.string()).meta({ description: 'Empty where a number is predicted' }),
      unit: z.string().optional().meta({ description: 'Unit of the predicted number' }),
      output: z
        .enum(['probabilities', 'logits', 'scores'])
        .optional()
        .meta({ description: 'What an output with a number for each class holds, where the model has no other' }),
    }),
    example: z.record(z.string(), Json).meta({ description: 'One input row by name; moments as ISO 8601 texts' }),
    feature_lookup: FeatureLookup.optional().meta({ description: 'Of a model that was trained on a feature service' }),
  })
  .meta({ id: 'ModelSignature' })
export type ModelSignature = z.infer<typeof ModelSignature>

export const ModelStage = z.enum(['None', 'Staging', 'Production', 'Archived'])
export type ModelStage = z.infer<typeof ModelStage>

export const ModelVersion = z
  .object({
    model: z.string(),
    version: z.string(),
    description: z.string(),
    run_id: z.string().optional(),
    source: z.string().meta({ description: 'Address of the model folder' }),
    status: z.literal('READY'),
    stage: ModelStage.meta({ description: 'The stage of older MLflow clients; aliases replace it' }),
    logged_model_id: z.string().optional().meta({ description: 'The logged model it was registered from' }),
    aliases: z.array(z.string()),
    tags: z.record(z.string(), z.string()),
    metrics: z.record(z.string(), LatestMetric).meta({ description: 'Latest metrics of the run that made it' }),
    signature: ModelSignature.optional(),
    snapshot_id: z.string().optional().meta({ description: 'The snapshot it was trained on' }),
    created_at: Timestamp,
    created_by: z.string(),
  })
  .meta({ id: 'ModelVersion' })
export type ModelVersion = z.infer<typeof ModelVersion>

export const RegisteredModel = z
  .object({
    name: z.string(),
    description: z.string(),
    aliases: z.record(z.string(), z.string()).meta({ description: 'Version by alias' }),
    latest_version: z.string().optional(),
    version_count: z.number().int(),
    tags: z.record(z.string(), z.string()),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'RegisteredModel' })
export type RegisteredModel = z.infer<typeof RegisteredModel>

export const AliasMove = z
  .object({
    alias: z.string(),
    from_version: z.string().optional(),
    to_version: z.string().optional(),
    reason: z.string(),
    actor: z.string(),
    at: Timestamp,
  })
  .meta({ id: 'AliasMove' })
export type AliasMove = z.infer<typeof AliasMove>

export const RegisteredModelDetail = RegisteredModel.extend({
  versions: z.array(ModelVersion).meta({ description: 'Newest first, at most 1000' }),
  alias_history: z.array(AliasMove).meta({ description: 'Newest first, at most 1000' }),
}).meta({ id: 'RegisteredModelDetail' })
export type RegisteredModelDetail = z.infer<typeof RegisteredModelDetail>

/** One change of a model or of a version, from the audit trail. */
export const ModelChange = z
  .object({
    what: z.enum(['model', 'version', 'alias', 'stage', 'tag', 'description']),
    version: z.string().optional(),
    key: z.string().optional().meta({ description: 'The alias or the tag' }),
    from: z.string().optional().meta({ description: 'Absent where there was nothing' }),
    to: z.string().optional().meta({ description: 'Absent where it was removed' }),
    reason: z.string(),
    actor: z.string(),
    at: Timestamp,
  })
  .meta({ id: 'ModelChange' })
export type ModelChange = z.infer<typeof ModelChange>

export const WebhookDelivery = z
  .object({
    id: z.string(),
    event: z.string().meta({ description: 'As model_version.created' }),
    state: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.number().int(),
    status_code: z.number().int().optional(),
    error: z.string().optional(),
    created_at: Timestamp,
    delivered_at: Timestamp.optional(),
    next_attempt_at: Timestamp.optional(),
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

export const Webhook = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    status: z.enum(['ACTIVE', 'DISABLED']),
    description: z.string(),
    created_at: Timestamp,
    last_delivery: WebhookDelivery.optional(),
  })
  .meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof Webhook>
