import { exampleRequest, type FeatureSpec, type ModelSignature } from '@fabrique/contract'
import type { Datatype, TensorSpec } from '../runtime/tensor.js'
import { imageNames, takesImages } from '../sent-image.js'

/** What a document is made of. */
export interface DescribedModel {
  readonly model: string
  readonly version: string
  readonly signature: ModelSignature | undefined
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** The ways to log in, of the document of the server. */
  readonly security: { readonly schemes: unknown; readonly required: unknown }
}

type Schema = Readonly<Record<string, unknown>>

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** An OpenAPI 3.1 document of one model: its features or tensors by name, with an example that it answers. */
export function modelOpenApi(described: DescribedModel): Schema {
  const { model, version, signature, security } = described
  const at = encodeURIComponent(model)
  return {
    openapi: '3.1.0',
    info: {
      title: model,
      version,
      description: `Predictions of the model ${model}. Made from the signature of its version ${version}.`,
    },
    servers: [{ url: '/' }],
    ...(security.required === undefined ? {} : { security: security.required }),
    paths: {
      ...(signature === undefined ? {} : { [`/api/v1/models/${at}/predict`]: { post: predictOperation(signature) } }),
      [`/v2/models/${at}/infer`]: { post: inferOperation(described) },
    },
    components: {
      schemas: {
        ...(signature === undefined ? {} : featureSchemas(signature)),
        ...tensorSchemas(described),
        Problem: problem,
        InferenceError: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
      },
      ...(security.schemes === undefined ? {} : { securitySchemes: security.schemes }),
    },
  }
}

const problem: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable, as feature_value_wrong' },
    detail: { type: 'string' },
    hint: { type: 'string' },
    field: { type: 'string' },
    request_id: { type: 'string' },
  },
}

function answers(ok: string, failure: { readonly schema: string; readonly type: string }) {
  const failed = (description: string) => ({
    description,
    content: { [failure.type]: { schema: ref(failure.schema) } },
  })
  return {
    200: { description: 'The answer', content: { 'application/json': { schema: ref(ok) } } },
    400: failed('The request does not fit the model'),
    401: failed('Nobody is logged in'),
    403: failed('Not allowed'),
    404: failed('The model is not served'),
    429: failed('Too many requests; Retry-After says when to come back'),
    503: failed('Too much to do; Retry-After says when to come back'),
  }
}

function predictOperation(signature: ModelSignature): Schema {
  const example = exampleRequest(signature)
  const byName = Object.fromEntries(signature.features.map(({ name }) => [name, signature.example[name] ?? null]))
  return {
    operationId: 'predict',
    summary: 'Predict',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: ref('PredictRequest'),
          examples: {
            ...(signature.feature_lookup === undefined ? {} : { by_key: { value: example } }),
            one_row: { value: { features: byName } },
            several_rows: { value: { features: [byName, byName] } },
          },
        },
        'multipart/form-data': formOf(signature, byName),
      },
    },
    responses: answers('PredictReply', { schema: 'Problem', type: 'application/problem+json' }),
  }
}

/** What the files of images are called. */
const imageTypes = 'image/jpeg, image/png, image/webp, image/gif, image/tiff, image/avif'

/** A field for each feature; images are files, of which there is no example. */
function formOf(signature: ModelSignature, example: Schema): Schema {
  if (!takesImages(signature)) return { schema: ref('Row'), example }
  const images = imageNames(signature)
  return {
    schema: ref('Form'),
    encoding: Object.fromEntries([...images].map((name) => [name, { contentType: imageTypes }])),
  }
}

const imageFile = { type: 'string', format: 'binary', contentMediaType: 'image/*' }

/** How an image is taken, for people. */
function imageTold({ image = {} }: FeatureSpec): string {
  const { width, height, fit, channels } = image
  const size = width === undefined || height === undefined ? 'its own size' : `${width} × ${height} pixels`
  return `${fit === 'crop' ? 'Cropped' : 'Drawn'} to ${size}, in ${channels === 'grey' ? 'grey' : 'colours'}`
}

/** What a value of a feature may be. */
function valueSchema(feature: FeatureSpec): Schema {
  if (feature.type !== 'image') return plainSchema(feature)
  const b64 = { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/*' }
  const schema = { type: 'object', required: ['b64'], properties: { b64 }, additionalProperties: false }
  return { ...schema, title: feature.name, description: imageTold(feature) }
}

function plainSchema({ name, type, unit, min, max, values, nullable, takes_unseen }: FeatureSpec): Schema {
  const seen =
    min === undefined || max === undefined || type === 'timestamp' ? '' : `Seen in training from ${min} to ${max}`
  const told = [unit === undefined ? '' : `In ${unit}`, seen].filter((part) => part !== '').join('. ')
  const described = { title: name, ...(told === '' ? {} : { description: told }) }
  const orNull = (schema: Schema) =>
    nullable === true ? { anyOf: [schema, { type: 'null' }], ...described } : { ...schema, ...described }
  switch (type) {
    case 'number':
    case 'integer':
    case 'boolean':
      return orNull({ type })
    case 'timestamp':
      return orNull({ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] })
    default:
      if (values === undefined) return orNull({ type: 'string' })
      return orNull(takes_unseen === true ? { type: 'string', examples: values } : { type: 'string', enum: values })
  }
}

function featureSchemas({
  task,
  target,
  features,
  feature_lookup: lookup,
}: ModelSignature): Readonly<Record<string, Schema>> {
  const row = {
    type: 'object',
    required: features.filter(({ nullable }) => nullable !== true).map(({ name }) => name),
    properties: Object.fromEntries(features.map((feature) => [feature.name, valueSchema(feature)])),
    additionalProperties: false,
  }
  const images = new Set(features.flatMap(({ name, type }) => (type === 'image' ? [name] : [])))
  const fields = features.map((feature): [string, Schema] => [
    feature.name,
    images.has(feature.name)
      ? { ...imageFile, title: feature.name, description: imageTold(feature) }
      : valueSchema(feature),
  ])
  const values = {
    type: 'array',
    description: 'Values in the order of the signature',
    prefixItems: features.map(valueSchema),
    minItems: features.length,
    maxItems: features.length,
  }
  const keyed = lookup === undefined ? undefined : keySchema(lookup, features)
  const rows = keyed === undefined ? [ref('Row'), ref('Values')] : [ref('Keys'), ref('Row'), ref('Values')]
  const several = { type: 'array', minItems: 1, items: { anyOf: rows } }
  const by = {
    model: { type: 'string' },
    version: { type: 'string' },
    request_id: { type: 'string' },
    prediction_id: { type: 'string' },
  }
  const required = ['model', 'version', 'request_id']
  const prediction = predictionSchema(task, target)
  return {
    Row: row,
    ...(images.size === 0 ? {} : { Form: { ...row, properties: Object.fromEntries(fields) } }),
    Values: values,
    ...(keyed === undefined ? {} : { Keys: keyed }),
    PredictRequest: {
      anyOf: [
        { type: 'object', required: ['features'], properties: { features: { anyOf: [...rows, several] } } },
        keyed === undefined ? ref('Row') : ref('Keys'),
      ],
    },
    Prediction: prediction,
    PredictReply: {
      anyOf: [
        { allOf: [ref('Prediction'), { type: 'object', required, properties: by }] },
        {
          type: 'object',
          required: ['predictions', ...required],
          properties: { predictions: { type: 'array', items: ref('Prediction') }, ...by },
        },
      ],
    },
  }
}

/** A row by key: the features of the service are looked up, others stand beside the keys. */
function keySchema(
  { keys, features: found }: { readonly keys: readonly string[]; readonly features: readonly string[] },
  features: readonly FeatureSpec[],
): Schema {
  const given = features.filter(({ name }) => !found.includes(name) && !keys.includes(name))
  return {
    type: 'object',
    required: [...keys, ...given.filter(({ nullable }) => nullable !== true).map(({ name }) => name)],
    properties: {
      ...Object.fromEntries(keys.map((key) => [key, { anyOf: [{ type: 'string' }, { type: 'integer' }] }])),
      ...Object.fromEntries(given.map((feature) => [feature.name, valueSchema(feature)])),
    },
    additionalProperties: false,
  }
}

function predictionSchema(task: ModelSignature['task'], { classes, unit }: ModelSignature['target']): Schema {
  if (task === 'regression') {
    const number = { type: 'number', ...(unit === undefined ? {} : { description: `In ${unit}` }) }
    return { type: 'object', required: ['prediction'], properties: { prediction: number } }
  }
  const numbers = {
    type: 'object',
    required: classes,
    properties: Object.fromEntries(classes.map((name) => [name, { type: 'number' }])),
  }
  return {
    type: 'object',
    required: ['prediction'],
    properties: {
      prediction: { type: 'string', enum: classes },
      probabilities: { ...numbers, description: 'Of models that have them; they sum to 1' },
      scores: { ...numbers, description: 'Of models without probabilities; the highest wins' },
    },
  }
}

function inferOperation({ inputs }: DescribedModel): Schema {
  return {
    operationId: 'infer',
    summary: 'Answer to tensors, by the Open Inference Protocol',
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: ref('InferenceRequest'), example: { inputs: inputs.map(exampleTensor) } },
        'multipart/form-data': { schema: formSchema(inputs) },
      },
    },
    responses: answers('InferenceReply', { schema: 'InferenceError', type: 'application/json' }),
  }
}

/** A field for each input: an image where its shape is that of one, else a text for each value. */
function formSchema(inputs: readonly TensorSpec[]): Schema {
  const fields = inputs.map(({ name, shape }): [string, Schema] => {
    const sizes = shape.length === 4 ? shape.slice(1) : shape
    const isPicture = sizes.length === 3 && [sizes[0], sizes[2]].some((size) => size === 1 || size === 3)
    return [name, isPicture ? imageFile : { type: 'array', items: { type: 'string' } }]
  })
  return { type: 'object', required: inputs.map(({ name }) => name), properties: Object.fromEntries(fields) }
}

/** The first row of nothing: zeros and empty texts, each free dimension one. */
function exampleTensor({ name, datatype, shape }: TensorSpec) {
  const sizes = shape.map((size) => Math.abs(size))
  const count = sizes.reduce((product, size) => product * size, 1)
  const zero = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0
  // A long example helps nobody: the data of large tensors is left to who asks.
  return { name, datatype, shape: sizes, data: count > 64 ? [] : Array.from({ length: count }, () => zero) }
}

function elementSchema(datatype: Datatype): Schema {
  if (datatype === 'BYTES') return { type: 'string' }
  if (datatype === 'BOOL') return { type: 'boolean' }
  if (!datatype.startsWith('FP')) return { type: 'integer' }
  return { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] }
}

function tensorSchemas({ inputs, outputs }: DescribedModel): Readonly<Record<string, Schema>> {
  const tensor = ({ name, datatype, shape }: TensorSpec): Schema => ({
    type: 'object',
    required: ['name', 'shape', 'datatype'],
    properties: {
      name: { const: name },
      datatype: { const: datatype },
      shape: {
        type: 'array',
        items: { type: 'integer', minimum: 1 },
        minItems: shape.length,
        maxItems: shape.length,
        description: `[${shape.join(', ')}], where -1 is any size`,
      },
      data: { type: 'array', items: { anyOf: [elementSchema(datatype), { type: 'array' }] } },
      parameters: { type: 'object' },
    },
  })
  const listOf = (specs: readonly TensorSpec[]) => ({ type: 'array', minItems: 1, items: { anyOf: specs.map(tensor) } })
  return {
    InferenceRequest: {
      type: 'object',
      required: ['inputs'],
      properties: {
        id: { type: 'string' },
        parameters: { type: 'object' },
        inputs: listOf(inputs),
        outputs: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { enum: outputs.map(({ name }) => name) }, parameters: { type: 'object' } },
          },
        },
      },
    },
    InferenceReply: {
      type: 'object',
      required: ['model_name', 'model_version', 'outputs'],
      properties: {
        model_name: { type: 'string' },
        model_version: { type: 'string' },
        id: { type: 'string' },
        outputs: listOf(outputs),
      },
    },
  }
}
