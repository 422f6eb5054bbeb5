import { FabriqueError, fabriqueVersion } from '@fabrique/contract'
import { type Actor, authoriseModel } from '../../../platform/verbs/actor.js'
import type { AvailableVersion, ServedModels, ServedStatistics } from '../served-models.js'
import type { ModelInferRequest, ModelInferResponse, ModelRequest, RepositoryModelRequest } from './grpc-messages.js'
import { readTensors, writeTensors } from './grpc-tensors.js'
import { authoriseReading } from './inference-access.js'
import { findAvailable, isLoading, targetOf } from './model-target.js'

/** What a call knows besides its message. */
export interface CallContext {
  readonly actor: Actor
  /** Until the client waits no longer; undefined where it did not say. */
  readonly timeoutMs: number | undefined
  /** What a roll-out assigns the call by; undefined where it does not say. */
  readonly assignedBy: string | undefined
  readonly requestId: string
  /** To be asked before a model is. Throws `rate_limited`. */
  admit(model: string): Promise<void>
  /** To be told once it is known which version answers. */
  note(model: string, version: string): void
  /** To be told under which id the answer is kept in the log. */
  noteKept(predictionId: string | undefined): void
}

/** What of the protocol's extensions is here, by the names of Triton. */
const extensions = ['model_repository', 'statistics'] as const

/** The calls of `inference.GRPCInferenceService`, each as a message in and a message out. */
export function grpcCalls(models: ServedModels) {
  const change = async (request: RepositoryModelRequest, { actor }: CallContext, action: 'load' | 'unload') => {
    const model = request.model_name === '' ? request.repository_or_model : request.model_name
    const target = targetOf(models, model)
    authoriseModel(actor, 'models.write', target.model)
    await models[action](target)
    return model
  }

  return {
    ServerLive: async () => ({ live: true }),
    ServerReady: async () => ({ ready: !isLoading(models) }),
    ServerMetadata: async () => ({ name: 'fabrique', version: fabriqueVersion, extensions: [...extensions] }),

    async ModelReady({ name, version }: ModelRequest, { actor }: CallContext) {
      const target = targetOf(models, name, version)
      authoriseReading(actor, target.model)
      return { ready: models.isReady(target) }
    },

    async ModelMetadata({ name, version }: ModelRequest, { actor, note, timeoutMs }: CallContext) {
      const target = targetOf(models, name, version)
      authoriseReading(actor, target.model)
      const { found } = findAvailable(models, { model: target.model })
      return models.use({ ...target, timeoutMs }, async ({ model, version: served, runtime }) => {
        note(model, served)
        const { platform, inputs, outputs } = runtime
        return { name: model, versions: found.versions.map((one) => one.version), platform, inputs, outputs }
      })
    },

    async ModelInfer(
      request: ModelInferRequest,
      { actor, admit, note, noteKept, timeoutMs, assignedBy, requestId }: CallContext,
    ): Promise<ModelInferResponse> {
      const target = targetOf(models, request.model_name, request.model_version)
      authoriseModel(actor, 'predictions.make', target.model)
      await admit(target.model)
      for (const { name, parameters } of request.outputs) refuseParameters(name, parameters)
      const inputs = readTensors(request)
      const asked = request.outputs.map(({ name }) => name)
      const requester = { requestId, actor: actor.id }
      return models.use({ ...target, timeoutMs, assignedBy, requester }, async (served) => {
        const { model, version, runtime } = served
        note(model, version)
        const outputs = await runtime.infer(inputs, asked.length === 0 ? undefined : asked, { timeoutMs })
        noteKept(served.predictionId)
        const raw = request.raw_input_contents.length > 0
        return { model_name: model, model_version: version, id: request.id, ...writeTensors(outputs, { raw }) }
      })
    },

    async ModelStatistics({ name, version }: ModelRequest, { actor }: CallContext) {
      authoriseReading(actor, name === '' ? undefined : targetOf(models, name, version).model)
      const targets =
        name === '' ? models.available().map(({ model }) => ({ model })) : [targetOf(models, name, version)]
      const all = await Promise.all(targets.map((target) => models.statistics(target)))
      return { model_stats: all.flat().map((one) => describeStatistics(one)) }
    },

    async RepositoryIndex({ ready }: { readonly ready: boolean }, { actor }: CallContext) {
      authoriseReading(actor)
      const versions = models
        .available()
        .flatMap(({ model, versions: all }) =>
          all.map((one) => ({ name: model, version: one.version, state: stateOf(one), reason: one.reason ?? '' })),
        )
      return { models: ready ? versions.filter(({ state }) => state === 'READY') : versions }
    },

    async RepositoryModelLoad(request: RepositoryModelRequest, context: CallContext) {
      return { model_name: await change(request, context, 'load'), is_loaded: true }
    },

    async RepositoryModelUnload(request: RepositoryModelRequest, context: CallContext) {
      return { model_name: await change(request, context, 'unload'), is_unloaded: true }
    },
  }
}

/** What other servers have and this one has not would otherwise be left out in silence. */
function refuseParameters(output: string, parameters: Readonly<Record<string, unknown>>): void {
  const refused = ['classification', 'shared_memory_region'].find((name) => name in parameters)
  if (refused === undefined) return
  const field = `outputs.${output}.parameters.${refused}`
  throw new FabriqueError('invalid_request', { field, reason: 'it is not offered' }, { field })
}

function stateOf({ state }: AvailableVersion): 'READY' | 'LOADING' | 'UNAVAILABLE' {
  if (state === 'loading') return 'LOADING'
  return state === 'ready' ? 'READY' : 'UNAVAILABLE'
}

function describeStatistics({
  model,
  version,
  figures,
}: {
  readonly model: string
  readonly version: string
  readonly figures: ServedStatistics
}) {
  const { success, fail, queue, compute, inferences, executions, lastInference } = figures
  const duration = ({ count, ns }: ServedStatistics['success']) => ({ count, ns: ns.toString() })
  return {
    name: model,
    version,
    last_inference: lastInference?.getTime() ?? 0,
    inference_count: inferences,
    execution_count: executions,
    inference_stats: {
      success: duration(success),
      fail: duration(fail),
      queue: duration(queue),
      compute_infer: duration(compute),
    },
  }
}
