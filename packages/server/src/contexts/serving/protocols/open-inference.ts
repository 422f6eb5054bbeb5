import { FabriqueError, fabriqueVersion } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../../kernel/index.js'
import { notePrediction } from '../../../platform/http/request-facts.js'
import { authoriseModel } from '../../../platform/verbs/actor.js'
import { formTensors } from '../form/form-tensors.js'
import { type Form, parseMultipart } from '../form/parse-multipart.js'
import type { TensorSpec } from '../runtime/tensor.js'
import type { AvailableVersion, ModelTarget, ServedStatistics } from '../served-models.js'
import { authoriseReading, type ProtocolParts, predictionTarget, tellKept } from './inference-access.js'
import { answerInferenceErrors, answerUnknownPaths } from './inference-errors.js'
import { findAvailable, isLoading, targetOf } from './model-target.js'
import { writeInferenceReply } from './oip-reply.js'
import { type InferenceRequest, isBinaryOutput, parseInferenceRequest, parseRawRequest } from './oip-request.js'
import { describedBody, InferenceRequestBody, RepositoryIndexBody, RepositoryModelBody } from './protocol-schemas.js'
import { parseTensorJson } from './tensor-json.js'

const json = 'application/json; charset=utf-8'
const predicts = { predicts: true, access: 'predictions.make' } as const
const changes = { access: 'models.write' } as const

/** What of the protocol's extensions is here, by the names of Triton. */
const extensions = ['binary_tensor_data', 'model_repository', 'statistics']

const states: Readonly<Record<AvailableVersion['state'], string>> = {
  ready: 'READY',
  loading: 'LOADING',
  available: 'UNAVAILABLE',
  unloaded: 'UNAVAILABLE',
  failed: 'UNAVAILABLE',
}

/** The addresses of a model, which may name a version or an alias. */
const modelPaths = ['/v2/models/:model', '/v2/models/:model/versions/:version']

/**
 * The Open Inference Protocol over HTTP, as Triton, KServe and MLServer speak it: health, metadata, inference with tensors as JSON or as
 * binary blocks, the repository, statistics. Errors are `{"error": text}` alone.
 */
export function mountOpenInference(app: FastifyInstance, parts: ProtocolParts): void {
  app.register(async (scope) => {
    answerInferenceErrors(scope, parts.log)
    scope.removeAllContentTypeParsers()
    const bodyLimit = limit('serving.tensor_bytes_max')
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, async (_request: unknown, body: Buffer) => body)
    mountServer(scope, parts)
    mountModels(scope, parts)
    mountInfer(scope, parts)
    mountRepository(scope, parts)
    answerUnknownPaths(scope, '/v2')
  })
}

const described = (summary: string) => ({ summary, tags: ['open inference'] })

function mountServer(scope: FastifyInstance, { models }: ProtocolParts): void {
  const open = (summary: string) => ({
    schema: { ...described(summary), security: [] },
    config: { access: 'public' as const },
  })
  scope.get('/v2', open('Name, version and extensions of this server'), async (_, reply) =>
    reply.type(json).send({ name: 'fabrique', version: fabriqueVersion, extensions }),
  )
  scope.get('/v2/health/live', open('Is the server there?'), async (_, reply) => reply.type(json).send({ live: true }))
  scope.get('/v2/health/ready', open('Does it answer?'), async (_, reply) => {
    if (isLoading(models)) throw overloaded('its models are being loaded', 'ses modèles sont en cours de chargement')
    return reply.type(json).send({ ready: true })
  })
}

/** What passes is 503; what stays as it is, until somebody changes it, is no failure of the server. */
function notReady(model: string, version: AvailableVersion | undefined): FabriqueError {
  if (version?.state === 'loading') return overloaded(`${model} is being loaded`, `${model} est en cours de chargement`)
  if (version?.state === 'failed') {
    return new FabriqueError('model_file_invalid', { model, version: version.version, reason: version.reason ?? '' })
  }
  return new FabriqueError('model_not_served', { model, reason: 'it was unloaded' })
}

function overloaded(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('server_overloaded', { reason, reason_fr })
}

interface ModelParams {
  readonly model: string
  readonly version?: string
}

/** The model that an address names. Fastify checks that its parts are there. */
function paramsOf(request: FastifyRequest): ModelParams {
  return request.params as ModelParams
}

function mountModels(scope: FastifyInstance, { models, actorOf }: ProtocolParts): void {
  const asked = (request: FastifyRequest): ModelTarget => {
    const { model, version } = paramsOf(request)
    const target = targetOf(models, model, version)
    authoriseReading(actorOf(request), target.model)
    return target
  }
  scope.get('/v2/models', { schema: described('Names of all models') }, async (request, reply) => {
    authoriseReading(actorOf(request))
    return reply.type(json).send({ models: models.available().map(({ model }) => model) })
  })
  scope.get('/v2/models/stats', { schema: described('Statistics of all models') }, async (request, reply) => {
    authoriseReading(actorOf(request))
    const all = await Promise.all(models.available().map(({ model }) => models.statistics({ model })))
    return reply.type(json).send(statisticsOf(all.flat()))
  })
  for (const path of modelPaths) {
    scope.get(path, { schema: described('Inputs and outputs of a model') }, async (request, reply) => {
      const target = asked(request)
      const described = await models.use(target, async ({ runtime }) => ({
        name: target.model,
        versions: findAvailable(models, { model: target.model }).found.versions.map(({ version }) => version),
        platform: runtime.platform,
        inputs: runtime.inputs.map(tensorMetadata),
        outputs: runtime.outputs.map(tensorMetadata),
      }))
      return reply.type(json).send(described)
    })
    scope.get(`${path}/ready`, { schema: described('Does a model answer?') }, async (request, reply) => {
      const target = asked(request)
      const { version } = findAvailable(models, target)
      // One that is not in memory is loaded at its first request, and so answers.
      if (!models.isReady(target) && version?.state !== 'available') {
        throw notReady(target.model, version)
      }
      return reply.type(json).send({ name: target.model, ready: true })
    })
    scope.get(`${path}/stats`, { schema: described('Statistics of a model') }, async (request, reply) => {
      return reply.type(json).send(statisticsOf(await models.statistics(asked(request))))
    })
  }
}

function tensorMetadata({ name, datatype, shape }: TensorSpec) {
  return { name, datatype, shape }
}

type Statistics = Awaited<ReturnType<ProtocolParts['models']['statistics']>>

/** In the shape of Triton; what is not measured apart stands as zero. */
function statisticsOf(statistics: Statistics) {
  const none = { count: 0, ns: 0 }
  const duration = ({ count, ns }: ServedStatistics['success']) => ({ count, ns: Number(ns) })
  return {
    model_stats: statistics.map(({ model, version, figures }) => ({
      name: model,
      version,
      last_inference: figures.lastInference?.getTime() ?? 0,
      inference_count: figures.inferences,
      execution_count: figures.executions,
      inference_stats: {
        success: duration(figures.success),
        fail: duration(figures.fail),
        queue: duration(figures.queue),
        compute_input: none,
        compute_infer: duration(figures.compute),
        compute_output: none,
        cache_hit: none,
        cache_miss: none,
      },
      batch_stats: [],
    })),
  }
}

function mountInfer(scope: FastifyInstance, parts: ProtocolParts): void {
  const { models } = parts
  for (const path of modelPaths) {
    const options = describedBody(described('Answer of a model to tensors'), InferenceRequestBody)
    const targetAsked = (request: FastifyRequest) => {
      const { model, version } = paramsOf(request)
      return targetOf(models, model, version)
    }
    const config = { ...predicts, targetOf: targetAsked }
    scope.post(`${path}/infer`, { ...options, config }, async (request, reply) => {
      const target = predictionTarget(parts, request, targetAsked(request))
      const form = formOf(request)
      const jsonBytes = form === undefined ? jsonBytesOf(request) : undefined
      const body = bodyOf(request)
      // What is wrong with the request itself is said before a model is loaded for it.
      const parsed = form !== undefined || jsonBytes === 0 ? undefined : parseInferenceRequest(body, jsonBytes)
      return models.use(target, async (served) => {
        const { runtime, signature } = served
        notePrediction(request, served.model, served.version)
        const asked =
          form === undefined
            ? (parsed ?? parseRawRequest(body, runtime.inputs))
            : {
                ...allAsJson,
                inputs: await formTensors(form, runtime.inputs, { signature, timeoutMs: target.timeoutMs }),
              }
        const names = outputNames(asked, runtime.outputs)
        const found = await runtime.infer(asked.inputs, names, target)
        tellKept(reply, served)
        // In the order in which they were asked for.
        const outputs = names?.flatMap((name) => found.filter((one) => one.name === name)) ?? found
        const answer = writeInferenceReply({
          model: served.model,
          version: served.version,
          id: asked.id,
          outputs,
          isBinary: (name) => isBinaryOutput(asked, name),
        })
        return sendAnswer(reply, answer)
      })
    })
  }
}

const allAsJson = { id: undefined, outputs: undefined, isBinary: false }

/** A form with a field for each input, where the request is one. */
function formOf({ headers, body }: FastifyRequest): Form | undefined {
  const type = headers['content-type'] ?? ''
  return /^multipart\/form-data\b/i.test(type) && Buffer.isBuffer(body) ? parseMultipart(body, type) : undefined
}

function sendAnswer(reply: FastifyReply, { body, jsonBytes }: ReturnType<typeof writeInferenceReply>): FastifyReply {
  if (jsonBytes === undefined) return reply.type(json).send(body)
  return reply.header('inference-header-content-length', jsonBytes).type('application/octet-stream').send(body)
}

function outputNames({ outputs }: InferenceRequest, known: readonly TensorSpec[]): readonly string[] | undefined {
  if (outputs === undefined) return undefined
  for (const { name } of outputs) {
    if (known.some((output) => output.name === name)) continue
    const names = known.map((output) => output.name).join(', ')
    throw new FabriqueError(
      'invalid_request',
      { field: 'outputs', reason: `the model has no output ${name}; it has ${names}` },
      { field: 'outputs' },
    )
  }
  return outputs.map(({ name }) => name)
}

function bodyOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}

const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i

/** The length of the JSON before binary blocks; undefined where the body is JSON alone, which its type has to say then. */
function jsonBytesOf({ headers }: FastifyRequest): number | undefined {
  const given = headers['inference-header-content-length']
  if (given === undefined) {
    const type = headers['content-type']
    if (type === undefined || jsonType.test(type)) return undefined
    throw new FabriqueError('unsupported_media_type', { type })
  }
  if (typeof given === 'string' && /^\d{1,15}$/.test(given)) return Number(given)
  const field = 'Inference-Header-Content-Length'
  throw new FabriqueError('invalid_request', { field, reason: 'must be a number of bytes' }, { field })
}

function mountRepository(scope: FastifyInstance, { models, actorOf }: ProtocolParts): void {
  scope.post(
    '/v2/repository/index',
    describedBody(described('Models and the states of their versions'), RepositoryIndexBody),
    async (request, reply) => {
      authoriseReading(actorOf(request))
      const { ready } = parametersOf(request)
      const all = models.available().flatMap(({ model, versions }) =>
        versions.map(({ version, state, reason }) => ({
          name: model,
          version,
          state: states[state],
          reason: reason ?? (state === 'available' ? 'It is loaded at its first request' : ''),
        })),
      )
      return reply.type(json).send(ready === true ? all.filter(({ state }) => state === 'READY') : all)
    },
  )
  for (const verb of ['load', 'unload'] as const) {
    for (const path of ['/v2/repository/models/:model', '/v2/repository/models/:model/versions/:version']) {
      const summary = verb === 'load' ? 'Load a model and keep it' : 'Take a model out of memory'
      const options = { ...describedBody(described(summary), RepositoryModelBody), config: changes }
      scope.post(`${path}/${verb}`, options, async (request, reply) => {
        const { model, version } = paramsOf(request)
        const target = targetOf(models, model, version)
        authoriseModel(actorOf(request), 'models.write', target.model)
        const { parameters = {} } = parametersOf(request)
        refuseContent(parameters)
        await models[verb](target)
        return reply.type(json).send({ name: target.model, [verb]: true })
      })
    }
  }
}

function parametersOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const body = bodyOf(request)
  return body.length === 0 ? {} : parseTensorJson(body)
}

/** Triton takes the files of a model with the request; here they come from where models are kept. */
function refuseContent(parameters: unknown): void {
  const names = typeof parameters === 'object' && parameters !== null ? Object.keys(parameters) : []
  const content = names.find((name) => name === 'config' || name.startsWith('file:'))
  if (content === undefined) return
  const field = `parameters.${content}`
  const reason = 'models are loaded from where they are kept, not from a request'
  throw new FabriqueError('invalid_request', { field, reason }, { field })
}
