import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { type Endpoint, FabriqueError, type ModelSignature, type Prediction } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { openArtifact } from '../artifacts/index.js'
import { type AliasTarget, championAlias, listAliasTargets } from '../registry/index.js'
import { describeEndpoint, Latencies, type LoadedModel } from './endpoint-state.js'
import { type LookedUp, lookUpFeatures, type ReadOnline } from './look-up-features.js'
import { loadOnnxModel } from './onnx-model.js'
import { parseFeatures } from './parse-features.js'
import { tellNotServed, tellServed } from './tell-served.js'

export interface Predicted {
  readonly model: string
  readonly version: string
  readonly predictions: readonly Prediction[]
  readonly single: boolean
}

/**
 * The models in the memory of this process. Each model with the alias `champion` is loaded once, tried on its example,
 * and put in place of the version before, which is released when its last request is answered. A version that cannot be
 * loaded leaves the one before in place. Predictions need neither the database nor the disk, but for the online store where features
 * are looked up by key.
 */
export interface ModelServer {
  /** Brings what is in memory in line with the aliases. Calls that come while one runs are joined into one more. */
  reconcile(): Promise<void>
  /**
   * Throws `model_not_served`, `model_file_invalid`, `prediction_not_finite` and the errors of `parseFeatures` and `lookUpFeatures`.
   */
  predict(model: string, body: unknown): Promise<Predicted>
  endpoints(): readonly Endpoint[]
  /** The model that `/predict` goes to; throws `no_default_model`. */
  defaultModel(): string
  close(): Promise<void>
}

export interface ModelServerOptions {
  /** A context that may read registry and artifacts. */
  readonly ctx: VerbContext
  /** Name of the model at `/predict`; otherwise the first of `preferredModels` that is served, or the only one. */
  readonly defaultModel: string | undefined
  readonly preferredModels: () => Promise<readonly string[]>
  /** For models that look their features up by key. */
  readonly readOnline?: ReadOnline
}

export function openModelServer(options: ModelServerOptions): ModelServer {
  const { ctx } = options
  const current = new Map<string, LoadedModel>()
  const latencies = new Map<string, Latencies>()
  const failures = new Map<string, Failure>()
  /** The version of each model that the lineage was told of. */
  const told = new Map<string, string>()
  let preferred: readonly string[] = []
  let running: Promise<void> | undefined
  let again = false

  const retire = async (loaded: LoadedModel | undefined) => {
    if (loaded === undefined) return
    loaded.retired = true
    if (loaded.inFlight === 0) await loaded.runtime.release()
  }

  const replace = async (target: AliasTarget) => {
    const before = current.get(target.model)
    if (before?.version === target.version) return
    try {
      const next = await loadVersion(ctx, target)
      current.set(target.model, next)
      failures.delete(target.model)
      if (!latencies.has(target.model)) latencies.set(target.model, new Latencies())
      ctx.log.info({ model: target.model, version: target.version, before: before?.version }, 'A model is served')
      await retire(before)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (failures.get(target.model)?.version !== target.version) {
        ctx.log.error({ model: target.model, version: target.version, err: error }, 'A model version cannot be served')
      }
      failures.set(target.model, { version: target.version, reason })
    }
  }

  const reconcileOnce = async () => {
    const targets = await listAliasTargets({ ctx, input: { alias: championAlias } })
    preferred = await options.preferredModels()
    for (const target of targets) {
      await replace(target)
      const { model, version } = target
      if (current.get(model)?.version !== version || told.get(model) === version) continue
      await tellServed(ctx, target)
      told.set(model, version)
    }
    for (const [model, loaded] of current) {
      if (targets.some((target) => target.model === model)) continue
      current.delete(model)
      await retire(loaded)
      told.delete(model)
      await tellNotServed(ctx, model)
    }
    for (const model of failures.keys()) if (!targets.some((target) => target.model === model)) failures.delete(model)
  }

  const defaultModel = () => {
    const [only] = current.keys()
    const found =
      options.defaultModel ?? preferred.find((model) => current.has(model)) ?? (current.size === 1 ? only : undefined)
    if (found !== undefined) return found
    // Why it fails is said of the one that is meant, not of any that somebody has made champion.
    const [failed] = failures.keys()
    const meant =
      preferred.find((model) => failures.has(model)) ?? (current.size === 0 && failures.size === 1 ? failed : undefined)
    if (meant !== undefined) return meant
    const reason =
      current.size === 0 && failures.size === 0
        ? 'no model has the alias champion yet'
        : 'several models are champions and none is chosen'
    throw new FabriqueError('no_default_model', { reason })
  }

  return {
    async reconcile() {
      again = true
      running ??= (async () => {
        try {
          while (again) {
            again = false
            await reconcileOnce()
          }
        } finally {
          running = undefined
        }
      })()
      await running
    },

    async predict(model, body) {
      const loaded = current.get(model)
      if (loaded === undefined) {
        const failure = failures.get(model)
        if (failure !== undefined) {
          const { version, reason } = failure
          throw new FabriqueError('model_file_invalid', { model, version, reason })
        }
        throw new FabriqueError('model_not_served', { model, reason: 'none of its versions has the alias champion' })
      }
      const started = ctx.clock.monotonicMs()
      let isAsked = false
      loaded.inFlight += 1
      try {
        const lookedUp = await lookUpFeatures(body, loaded, options.readOnline)
        const features = parseFeatures(lookedUp?.body ?? body, loaded)
        isAsked = true
        const predictions = await loaded.runtime.predict(features.columns, features.rowCount)
        return {
          model,
          version: loaded.version,
          predictions: lookedUp === undefined ? predictions : withUsed(predictions, lookedUp.used),
          single: features.single,
        }
      } finally {
        loaded.inFlight -= 1
        if (loaded.retired && loaded.inFlight === 0) void loaded.runtime.release()
        if (isAsked) latencies.get(model)?.add(ctx.clock.monotonicMs() - started)
      }
    },

    endpoints() {
      let preferredDefault: string | undefined
      try {
        preferredDefault = defaultModel()
      } catch {
        preferredDefault = undefined
      }
      return [...current.values()].map((loaded) =>
        describeEndpoint(loaded, latencies.get(loaded.model) ?? new Latencies(), {
          isDefault: loaded.model === preferredDefault,
          error: failures.get(loaded.model)?.reason,
        }),
      )
    },

    defaultModel,

    async close() {
      for (const loaded of current.values()) await retire(loaded)
      current.clear()
    },
  }
}

function withUsed(predictions: readonly Prediction[], used: LookedUp['used']): readonly Prediction[] {
  return predictions.map((prediction, row) => ({ ...prediction, features_used: [...(used[row] ?? [])] }))
}

/** Why the version that should be served is not. */
interface Failure {
  readonly version: string
  readonly reason: string
}

/** Loads, checks and tries one version before it may answer. */
async function loadVersion(ctx: VerbContext, target: AliasTarget): Promise<LoadedModel> {
  const { model, version, alias, signature } = target
  if (signature === undefined) throw invalid(target, 'it has no signature')
  const artifact = await openArtifact({ ctx, input: { path: `${target.artifact_path}/model.onnx` } })
  const file = await buffer(artifact.content)
  const found = createHash('sha256').update(file).digest('hex')
  if (found !== artifact.sha256) throw new FabriqueError('blob_corrupt', { hash: artifact.sha256, found })
  const runtime = await loadOnnxModel(file, signature).catch((error: unknown) => {
    throw invalid(target, error instanceof Error ? error.message : String(error), error)
  })
  await warm(runtime.predict, { model, signature })
  return { model, version, alias, signature, runtime, loadedAt: ctx.clock.now(), inFlight: 0, retired: false }
}

async function warm(
  predict: LoadedModel['runtime']['predict'],
  target: { readonly model: string; readonly signature: ModelSignature },
): Promise<void> {
  const example = parseFeatures({ features: target.signature.example }, target)
  for (let round = 0; round < 3; round += 1) await predict(example.columns, example.rowCount)
}

function invalid(target: AliasTarget, reason: string, cause?: unknown): FabriqueError {
  return new FabriqueError('model_file_invalid', { model: target.model, version: target.version, reason }, { cause })
}
