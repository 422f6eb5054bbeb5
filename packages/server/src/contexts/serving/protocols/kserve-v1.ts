import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limit } from '../../../kernel/index.js'
import { notePrediction } from '../../../platform/http/request-facts.js'
import { fromBase64 } from '../from-base64.js'
import { parseFeatures } from '../parse-features.js'
import { rowPredictor } from '../predict-rows.js'
import type { InferOptions } from '../runtime/model-runtime.js'
import type { Tensor, TensorSpec } from '../runtime/tensor.js'
import { imageNames, imageOfJson } from '../sent-image.js'
import type { AvailableVersion, ModelTarget, ServedModel } from '../served-models.js'
import { frameOfRecords } from './frame.js'
import { tensorsOfFrame } from './frame-tensors.js'
import { authoriseReading, type ProtocolParts, predictionTarget, tellKept } from './inference-access.js'
import { answerInferenceErrors, answerUnknownPaths } from './inference-errors.js'
import { findAvailable, targetOf } from './model-target.js'
import { describedBody, TensorflowBody } from './protocol-schemas.js'
import { frameOfInputs, tensorsOfInputs } from './scoring.js'
import { isRecord, parseTensorJson } from './tensor-json.js'
import { nestedText, objectText, recordsText, rowTexts } from './tensor-text.js'

const json = 'application/json; charset=utf-8'
const predicts = { predicts: true, access: 'predictions.make' } as const

/** What follows a name after a colon. */
const verbs = ['predict', 'classify', 'regress'] as const
type Verb = (typeof verbs)[number]

interface Address {
  readonly target: ModelTarget
  readonly verb: Verb | undefined
}

/**
 * The REST interface of TensorFlow Serving, which KServe calls V1: status, metadata, `:predict`, `:classify`, `:regress`. A label is an
 * alias. Errors are `{"error": text}`.
 */
export function mountKserveV1(app: FastifyInstance, parts: ProtocolParts): void {
  const { models, actorOf, log } = parts
  const addressOf = (request: FastifyRequest): Address => {
    const { model = '', version, label } = request.params as Readonly<Record<string, string>>
    const [last, verb] = splitVerb(label ?? version ?? model)
    if (label !== undefined) return { target: { model, alias: last }, verb }
    return { target: version === undefined ? targetOf(models, last) : { model, version: last }, verb }
  }

  app.register(async (scope) => {
    answerInferenceErrors(scope, log)
    scope.removeAllContentTypeParsers()
    const bodyLimit = limit('http.body_bytes_max')
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, async (_request: unknown, body: Buffer) => body)
    const described = (summary: string) => ({ summary, tags: ['tensorflow serving'] })

    scope.get('/v1/models', { schema: described('Names of all models') }, async (request, reply) => {
      authoriseReading(actorOf(request))
      return reply.type(json).send({ models: models.available().map(({ model }) => model) })
    })
    for (const path of [
      '/v1/models/:model',
      '/v1/models/:model/versions/:version',
      '/v1/models/:model/labels/:label',
    ]) {
      scope.get(path, { schema: described('State of the versions of a model') }, async (request, reply) => {
        const { target } = addressOf(request)
        authoriseReading(actorOf(request), target.model)
        const { found, version } = findAvailable(models, target)
        const asked = target.version === undefined && target.alias === undefined ? found.versions : [version]
        const status = asked.flatMap((one) => (one === undefined ? [] : [statusOf(one)]))
        return reply.type(json).send({ model_version_status: status, ...kserveStatus(target, status) })
      })
      scope.get(`${path}/metadata`, { schema: described('Inputs and outputs of a model') }, async (request, reply) => {
        const { target } = addressOf(request)
        authoriseReading(actorOf(request), target.model)
        return reply.type(json).send(await models.use(target, async (served) => metadataOf(served)))
      })
      const answers = described('Answers of a model: `:predict`, `:classify` or `:regress` follows its name')
      const config = { ...predicts, targetOf: (request: FastifyRequest) => addressOf(request).target }
      scope.post(path, { ...describedBody(answers, TensorflowBody), config }, async (request, reply) => {
        const { target: named, verb } = addressOf(request)
        if (verb === undefined) {
          throw new FabriqueError('route_not_found', { method: request.method, path: request.url.split('?')[0] ?? '' })
        }
        const target = predictionTarget(parts, request, named)
        const body = bodyOf(request)
        return models.use(target, async (served) => {
          notePrediction(request, served.model, served.version)
          const answered = await answer({ served, verb, body, options: target })
          tellKept(reply, served)
          return reply.type(json).send(answered)
        })
      })
    }
    answerUnknownPaths(scope, '/v1')
  })
}

function splitVerb(text: string): [string, Verb | undefined] {
  const at = text.lastIndexOf(':')
  const verb = verbs.find((one) => one === text.slice(at + 1))
  return at < 0 || verb === undefined ? [text, undefined] : [text.slice(0, at), verb]
}

const states: Readonly<Record<AvailableVersion['state'], string>> = {
  ready: 'AVAILABLE',
  loading: 'LOADING',
  // It is loaded at its first request.
  available: 'AVAILABLE',
  unloaded: 'UNLOADING',
  failed: 'END',
}

function statusOf({ version, state, reason }: AvailableVersion) {
  const isFailed = state === 'failed'
  return {
    version,
    state: states[state],
    status: { error_code: isFailed ? 'UNKNOWN' : 'OK', error_message: isFailed ? (reason ?? '') : '' },
  }
}

/** KServe answers the same address with whether the model is ready. */
function kserveStatus({ model }: ModelTarget, status: readonly { readonly state: string }[]) {
  return { name: model, ready: status.some(({ state }) => state === 'AVAILABLE') }
}

const tensorflowTypes: Readonly<Record<TensorSpec['datatype'], string>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
}

const defaultSignature = 'serving_default'

function metadataOf({ model, version, runtime }: ServedModel) {
  const tensors = (specs: readonly TensorSpec[]) =>
    Object.fromEntries(
      specs.map(({ name, datatype, shape }) => [
        name,
        {
          dtype: tensorflowTypes[datatype],
          tensor_shape: { dim: shape.map((size) => ({ size: String(size), name: '' })), unknown_rank: false },
          name,
        },
      ]),
    )
  const signature = {
    inputs: tensors(runtime.inputs),
    outputs: tensors(runtime.outputs),
    method_name: 'tensorflow/serving/predict',
  }
  return {
    model_spec: { name: model, signature_name: '', version },
    metadata: { signature_def: { signature_def: { [defaultSignature]: signature } } },
  }
}

type Fields = Readonly<Record<string, unknown>>

const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i

/** TensorFlow Serving reads JSON whatever a client calls it; what is called something else is no JSON here. */
function bodyOf({ headers, body }: FastifyRequest): Fields {
  const type = headers['content-type']
  if (type !== undefined && !jsonType.test(type)) throw new FabriqueError('unsupported_media_type', { type })
  return parseTensorJson(body instanceof Uint8Array ? body : new Uint8Array())
}

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

interface Asked {
  readonly served: ServedModel
  readonly verb: Verb
  readonly body: Fields
  readonly options: InferOptions
}

async function answer({ served, verb, body, options }: Asked): Promise<string> {
  const { signature_name: signature = defaultSignature } = body
  if (signature !== defaultSignature && signature !== '') {
    throw wrong('signature_name', `there is only ${defaultSignature}`)
  }
  if (verb !== 'predict') return JSON.stringify({ result: await resultOf(served, verb, { body, options }) })
  const { instances, inputs } = body
  if ((instances === undefined) === (inputs === undefined)) {
    throw wrong('body', 'must have either instances, by row, or inputs, by column')
  }
  return inputs === undefined ? byRow(served, instances, options) : byColumn(served, inputs, options)
}

async function byRow(served: ServedModel, instances: unknown, options: InferOptions): Promise<string> {
  if (!Array.isArray(instances) || instances.length === 0) throw wrong('instances', 'must be a list of rows')
  const outputs = await served.runtime.infer(await tensorsOfInstances(served, instances, options), undefined, options)
  const [only, ...others] = outputs
  const rows = only !== undefined && others.length === 0 ? `[${rowTexts(only).join(',')}]` : recordsText(outputs)
  return `{"predictions":${rows}}`
}

function tensorsOfInstances(
  served: ServedModel,
  given: readonly unknown[],
  options: InferOptions,
): readonly Tensor[] | Promise<readonly Tensor[]> {
  const { runtime, signature } = served
  const images = signature === undefined ? none : imageNames(signature)
  const [image] = images
  const isOnly = image !== undefined && signature?.features.length === 1
  const instances = given.map((row) =>
    isOnly && imageOfJson(row) !== undefined ? { [image]: row } : plain(row, images),
  )
  if (isRecord(instances[0])) {
    const frame = frameOfRecords(instances, 'instances')
    if (signature !== undefined) return tensorsOfFrame(served, frame, options)
    const columns = (frame.names ?? []).map((name, at) => [name, frame.rows.map((row) => row[at])] as const)
    return tensorsOfInputs(served, Object.fromEntries(columns))
  }
  if (signature === undefined && runtime.inputs.length === 1) return tensorsOfInputs(served, instances)
  return tensorsOfFrame(served, frameOfInputs(instances), options)
}

async function byColumn(served: ServedModel, given: unknown, options: InferOptions): Promise<string> {
  const inputs = plain(given, served.signature === undefined ? none : imageNames(served.signature))
  const isByFeature = served.signature !== undefined
  const tensors = await (isByFeature
    ? tensorsOfFrame(served, frameOfInputs(inputs), options)
    : tensorsOfInputs(served, inputs))
  const outputs = await served.runtime.infer(tensors, undefined, options)
  const [only, ...others] = outputs
  const isOnly = only !== undefined && others.length === 0
  const columns = outputs.map((output) => [output.name, nestedText(output)] as const)
  return `{"outputs":${isOnly ? nestedText(only) : objectText(columns)}}`
}

const none: ReadonlySet<string> = new Set()

/** Texts that came as `{"b64": ...}`, as bytes do that are no JSON; those of images are files, and stay as they are. */
function plain(value: unknown, images: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) {
    return value.some((item) => typeof item === 'object') ? value.map((item) => plain(item, images)) : value
  }
  if (!isRecord(value)) return value
  const { b64, ...others } = value
  if (b64 === undefined || Object.keys(others).length > 0) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, images.has(name) ? item : plain(item, images)]),
    )
  }
  const bytes = typeof b64 === 'string' ? fromBase64(b64) : undefined
  try {
    if (bytes !== undefined) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {}
  throw wrong('b64', 'must be the base64 of a UTF-8 text')
}

/** Classes with their scores, or numbers, of rows by feature: what the signature of a model says of its outputs. */
async function resultOf(
  served: ServedModel,
  verb: 'classify' | 'regress',
  { body, options }: Pick<Asked, 'body' | 'options'>,
): Promise<readonly unknown[]> {
  const { model, runtime, signature } = served
  const task = verb === 'classify' ? 'classification' : 'regression'
  if (signature?.task !== task) {
    const found = signature === undefined ? 'says not what it answers' : `is of ${signature.task}`
    throw wrong('verb', `:${verb} is for models of ${task}, and ${model} ${found}; ask with :predict`)
  }
  const { context = {}, examples } = body
  if (!isRecord(context)) throw wrong('context', 'must be an object')
  if (!Array.isArray(examples) || examples.length === 0 || !examples.every(isRecord)) {
    throw wrong('examples', 'must be a list of objects by feature')
  }
  const predictor = rowPredictor(runtime, signature)
  const features = examples.map((example) => ({ ...context, ...example }))
  const parsed = parseFeatures({ features }, { model, signature, doubles: predictor.doubles })
  const predictions = await predictor.predict(parsed, options)
  return predictions.map((one) => {
    if ('probabilities' in one) return Object.entries(one.probabilities)
    return 'scores' in one ? Object.entries(one.scores) : one.prediction
  })
}
