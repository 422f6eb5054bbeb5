import { isFabriqueError, type Rollout, type RolloutVariant } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import type { PredictionLog } from '../predictions/index.js'
import type { ModelServer, ModelTarget, Predicted, PredictRequester } from '../serving/index.js'
import { Differences } from './differences.js'
import { baseName, candidateName, fallbackName, placeOf, taggedName, variantAt } from './model.js'
import { writeDifferences } from './shadow-store.js'
import { selectRunning } from './store.js'

export type Predict = ModelServer['predict']

export interface TrafficOptions {
  readonly ctx: VerbContext
  /** Names this process among those that count. */
  readonly process: string
  readonly models: Pick<ModelServer, 'predict' | 'predictNow' | 'use' | 'isReady' | 'available' | 'endpoints'>
  /** Counts what a version could not answer. */
  readonly count: PredictionLog['count']
}

/** Shares requests among versions, as the roll-outs that run say. */
export interface Traffic {
  /** As the predict it is made of, for requests that name neither version nor alias. */
  readonly predict: Predict
  /** The same at once, where no roll-out runs of the model; undefined where `predict` is to be asked. */
  readonly predictNow: ModelServer['predictNow']
  /** Likewise, for the protocols that know tensors; a shadow is not asked beside these. */
  readonly use: ModelServer['use']
  /** Reads the roll-outs anew. */
  refresh(): Promise<void>
  /** The versions that must be in memory beside those with aliases. */
  versions(): readonly { readonly model: string; readonly version: string }[]
  /** Writes what shadows said. */
  flush(): Promise<void>
  close(): Promise<void>
}

export function openTraffic(options: TrafficOptions): Traffic {
  const { ctx, models, count } = options
  const { predict } = models
  let running: ReadonlyMap<string, Rollout> = new Map()
  /** Names of the keys that a model is asked by, where it looks features up. */
  const keys = new Map<string, readonly string[]>()
  const differences = new Map<string, Differences>()
  const shadows = new Set<Promise<void>>()

  const flush = async () => {
    for (const [rollout, found] of differences) {
      if (found.isChanged) {
        found.isChanged = false
        try {
          await writeDifferences(ctx, { rollout, process: options.process }, found)
        } catch (error) {
          found.isChanged = true
          ctx.log.debug({ err: error }, 'What a shadow said waits for the database')
        }
      }
      const isOver = ![...running.values()].some(({ id }) => id === rollout)
      if (isOver && !found.isChanged) differences.delete(rollout)
    }
  }
  const timer = setInterval(() => void flush(), limit('predictions.figures_every_ms')).unref()

  const differencesOf = (id: string) => {
    const found = differences.get(id) ?? new Differences()
    differences.set(id, found)
    return found
  }

  const isFailed = ({ model, version }: ModelTarget) =>
    models
      .available()
      .find((one) => one.model === model)
      ?.versions.some((one) => one.version === version && one.state === 'failed') === true

  /** A candidate that is not loaded yet, or cannot be loaded at all, is not asked. */
  const isAnswerable = (rollout: Rollout, { name, version }: RolloutVariant): boolean => {
    const target = { model: rollout.model, version }
    if (name === baseName || models.isReady(target)) return true
    if (isFailed(target)) count({ ...target, variant: taggedName(rollout, name) }, 0, 'failed')
    return false
  }

  /** The keys of the entity that a model is asked about; none while it is not known what it takes. */
  const keysOf = (model: string): readonly string[] => {
    const known = keys.get(model)
    if (known !== undefined) return known
    const found = models.endpoints().find((endpoint) => endpoint.model === model)
    if (found === undefined) return []
    const names = found.signature.feature_lookup?.keys ?? []
    keys.set(model, names)
    return names
  }

  /** What a request is assigned by: what it says, else the entity that it is about, else nothing that comes again. */
  const keyOf = (rollout: Rollout, body: unknown, asked: PredictRequester | undefined): string => {
    if (asked?.assignedBy !== undefined) return asked.assignedBy
    const values = valuesOf(body, keysOf(rollout.model))
    return values.length === 0 ? (asked?.requestId ?? ctx.ids.hex32()) : JSON.stringify(values)
  }

  /** The base is what the alias serves: also a version before it, where it cannot be loaded itself. */
  const targetOf = (rollout: Rollout, { name, version }: RolloutVariant): ModelTarget => ({
    model: rollout.model,
    ...(name === baseName ? {} : { version }),
    variant: taggedName(rollout, name),
  })

  /** Asks the variant that a key meets. */
  const shared = async <Output>(rollout: Rollout, key: string, ask: (target: ModelTarget) => Promise<Output>) => {
    const chosen = variantAt(rollout.variants, placeOf(rollout.id, key))
    if (chosen === undefined) return ask({ model: rollout.model })
    const instead = { model: rollout.model, variant: taggedName(rollout, fallbackName) }
    const hasBase = rollout.variants.some(({ name }) => name === baseName)
    if (hasBase && !isAnswerable(rollout, chosen)) return ask(instead)
    try {
      return await ask(targetOf(rollout, chosen))
    } catch (error) {
      const isGone = isFabriqueError(error) && error.code === 'model_not_served'
      if (chosen.name === baseName || (!hasBase && !isGone)) throw error
      // What the candidate did is counted; who asked gets the answer that they would have had without the roll-out.
      return ask(instead)
    }
  }

  const shadowed = async (rollout: Rollout, body: unknown, asked: PredictRequester | undefined): Promise<Predicted> => {
    const base = rollout.variants.find(({ name }) => name === baseName)
    const candidate = rollout.variants.find(({ name }) => name === candidateName)
    if (base === undefined || candidate === undefined) return predict({ model: rollout.model }, body, asked)
    const given = await predict(targetOf(rollout, base), body, asked)
    if (placeOf(rollout.id, keyOf(rollout, body, asked)) >= candidate.share) return given
    const found = differencesOf(rollout.id)
    if (shadows.size >= limit('rollouts.shadows_max')) {
      found.leaveOut()
      return given
    }
    const at = ctx.clock.now()
    const shadow = predict(targetOf(rollout, candidate), body, asked)
      .then(({ predictions }) => found.add(given.predictions, predictions, { id: asked?.requestId ?? '', at }))
      .catch(() => found.fail())
      .finally(() => shadows.delete(shadow))
    shadows.add(shadow)
    return given
  }

  /** The roll-out that a request meets: none where it names a version or an alias. */
  const rolloutOf = ({ model, version, alias }: ModelTarget): Rollout | undefined =>
    running.size === 0 || version !== undefined || alias !== undefined ? undefined : running.get(model)

  return {
    predict(asked, body, requester) {
      const target = typeof asked === 'string' ? { model: asked } : asked
      const rollout = rolloutOf(target)
      if (rollout === undefined) return predict(target, body, requester)
      if (rollout.kind === 'shadow') return shadowed(rollout, body, requester)
      return shared(rollout, keyOf(rollout, body, requester), (chosen) => predict(chosen, body, requester))
    },
    predictNow: (target, body, requester) =>
      rolloutOf(target) === undefined ? models.predictNow(target, body, requester) : undefined,
    async use(target, action) {
      const rollout = rolloutOf(target)
      if (rollout === undefined || rollout.kind === 'shadow') return models.use(target, action)
      const key = target.assignedBy ?? ctx.ids.hex32()
      return shared(rollout, key, (chosen) => models.use({ ...target, ...chosen }, action))
    },
    async refresh() {
      running = new Map((await selectRunning(ctx)).map((rollout) => [rollout.model, rollout]))
      keys.clear()
    },
    versions: () =>
      [...running.values()].flatMap(({ model, variants }) => variants.map(({ version }) => ({ model, version }))),
    flush,
    async close() {
      clearInterval(timer)
      await Promise.all(shadows)
      await flush()
    },
  }
}

/** The values of some names in the first row of a request. */
function valuesOf(body: unknown, names: readonly string[]): readonly unknown[] {
  if (typeof body !== 'object' || body === null) return []
  const given: unknown = 'features' in body ? body.features : body
  const row: unknown = Array.isArray(given) ? given[0] : given
  if (typeof row !== 'object' || row === null) return []
  const values = new Map<string, unknown>(Object.entries(row))
  return names.flatMap((name) => (values.has(name) ? [values.get(name)] : []))
}
