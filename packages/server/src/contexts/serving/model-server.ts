import { type Endpoint, FabriqueError, isFabriqueError, type ModelSignature, type Prediction } from '@fabrique/contract'
import { type Clock, limit } from '../../kernel/index.js'
import type { Log } from '../../platform/logs/index.js'
import type { AnsweredLater, Outcome, PredictionLog } from '../predictions/index.js'
import { answerKeeper } from './answer-keeper.js'
import { describeEndpoint, Latencies } from './endpoint-state.js'
import { formFeatures } from './form/form-features.js'
import { Form } from './form/parse-multipart.js'
import { type LookedUp, lookUpFeatures, type ReadOnline } from './look-up-features.js'
import { type AliasRoute, type ModelEntry, ModelRoutes, notServed, servedAlias } from './model-routes.js'
import type { ModelOpener, ModelSource } from './model-source.js'
import { givenRows, parseFeatures } from './parse-features.js'
import { keptRows, takesImages } from './sent-image.js'
import type { AvailableVersion, ModelTarget, ServedModels } from './served-models.js'
import { LentVersion, type LoadedVersion } from './served-version.js'
import { VersionPool, type VersionSlot } from './version-pool.js'

export interface Predicted {
  readonly model: string
  readonly version: string
  readonly predictions: readonly Prediction[]
  readonly single: boolean
  /** Where the prediction is kept in the log. */
  readonly predictionId: string | undefined
}

/** Who asks, as the log of predictions has it. */
export interface PredictRequester {
  readonly requestId: string
  readonly actor: string
  /** Of the body. */
  readonly bytes: number
  /** Longest wait for the model, and for its computation. */
  readonly timeoutMs?: number | undefined
  /** What a roll-out assigns the request by. */
  readonly assignedBy?: string | undefined
}

/**
 * The models in the memory of this process. Each version that an alias names is loaded, tried on its example, and put in place of the one
 * before, which leaves when its last request is answered; other versions are loaded when they are asked for. A version that cannot be
 * loaded leaves the one before in place. Predictions need neither the database nor the disk, but for the online store where features
 * are looked up by key.
 */
export interface ModelServer extends ServedModels {
  /**
   * Reads the aliases, and begins to load what they name: that goes on when this resolves, so that one that takes long holds up no other.
   * Calls that come while one runs are joined into one more.
   */
  look(): Promise<void>
  /** The same, and waits for what is being loaded. */
  reconcile(): Promise<void>
  /**
   * Throws `model_without_signature`, `prediction_not_finite` and the errors of `use`, `parseFeatures` and `lookUpFeatures`.
   */
  predict(model: string | ModelTarget, body: unknown, requester?: PredictRequester): Promise<Predicted>
  /** The same at once, where nothing has to be waited for: a version in memory that computes few rows without a turn. Undefined where `predict` is to be asked. */
  predictNow(target: ModelTarget, body: unknown, requester?: PredictRequester): Predicted | undefined
  /** Of models that answer by features: the version behind the alias `champion`. */
  endpoints(): readonly Endpoint[]
  close(): Promise<void>
}

export interface ModelServerOptions {
  readonly source: ModelSource
  /** By preference. */
  readonly openers: readonly ModelOpener[]
  readonly clock: Clock
  readonly log: Log
  /** Name of the model at `/predict`; otherwise the first of `preferredModels` that is served, or the only one. */
  readonly defaultModel: string | undefined
  readonly preferredModels?: () => Promise<readonly string[]>
  /** For models that look their features up by key. */
  readonly readOnline?: ReadOnline
  readonly memoryBytesMax?: number
  /** Is told of the version that answers for a model; of none when it is not served any more. */
  readonly onServed?: (model: string, version: string | undefined) => Promise<void>
  /** Versions to have in memory besides those with aliases; asked for at each look at the aliases. */
  readonly ahead?: () => Promise<readonly { readonly model: string; readonly version: string }[]>
  readonly predictionLog?: Pick<PredictionLog, 'keep' | 'reserve' | 'count'>
}

interface Counted {
  readonly startedMs: number
  readonly outcome: Outcome
}

interface Asked {
  readonly variant: string | undefined
  readonly alias: string | undefined
  readonly body: unknown
  readonly requester: PredictRequester | undefined
}

/** What a version said of a request. */
interface Answer {
  readonly predictions: readonly Prediction[]
  readonly single: boolean
  readonly lookedUp?: LookedUp | undefined
  readonly startedMs: number
}

export function openModelServer(options: ModelServerOptions): ModelServer {
  const {
    source,
    clock,
    log,
    predictionLog,
    memoryBytesMax = limit('serving.models_memory_mb') * 1024 * 1024,
  } = options
  const routes = new ModelRoutes(source)
  const pool = new VersionPool({ ...options, memoryBytesMax })
  const latencies = new Map<string, Latencies>()
  /** The version of each model that was told of. */
  const told = new Map<string, string>()
  let preferred: readonly string[] = []
  let running: Promise<void> | undefined
  let again = false
  let inUse = 0
  let ahead = new Set<VersionSlot>()
  let wantedAhead: readonly ModelTarget[] = []
  /** The version that each alias is being led to. */
  const following = new Map<AliasRoute, VersionSlot>()
  const passes = new Set<Promise<void>>()
  let telling: Promise<void> = Promise.resolve()

  /** Leads an alias to the version that it names, which is loaded first where the alias is served already. */
  const follow = async (entry: ModelEntry, alias: string) => {
    const route = entry.aliases.get(alias)
    if (route === undefined || route.served === route.wanted) return
    const { wanted, served: before } = route
    // An earlier look began that.
    if (following.get(route) === wanted) return
    const isAhead = before?.loaded !== undefined || pool.hasRoom
    if (isAhead && !wanted.isUnloaded) {
      following.set(route, wanted)
      try {
        await pool.load(wanted)
      } catch {
        // The pool has said why; what was served before is served on, unless it was deleted.
        if (before?.isGone !== true) return
      } finally {
        if (following.get(route) === wanted) following.delete(route)
      }
      if (entry.aliases.get(alias) !== route || route.wanted !== wanted) {
        // The alias has moved on meanwhile.
        leaveIfUnused(wanted)
        return
      }
    }
    route.served = wanted
    if (alias === servedAlias)
      log.info({ model: entry.model, version: wanted.version, before: before?.version }, 'A model is served')
    if (before !== undefined) leaveIfUnused(before)
  }

  const leaveIfUnused = (slot: VersionSlot) => {
    const isUsed = slot.isKept || slot.isAskedByNumber || ahead.has(slot) || routes.isNamed(slot)
    if (!isUsed) pool.retire(slot)
  }

  /** Takes out a version that was deleted; where it answers for an alias that names another by now, once that was tried. */
  const leaveOnceReplaced = (slot: VersionSlot) => {
    slot.isGone = true
    slot.isKept = false
    slot.isAskedByNumber = false
    ahead.delete(slot)
    leaveIfUnused(slot)
  }

  const followNames = (entry: ModelEntry) => {
    const named = new Map<string, VersionSlot>()
    for (const slot of entry.versions.values()) for (const alias of slot.aliases) named.set(alias, slot)
    for (const [alias, { served }] of entry.aliases) {
      if (named.has(alias)) continue
      entry.aliases.delete(alias)
      if (served !== undefined) leaveIfUnused(served)
    }
    for (const [alias, wanted] of named) {
      const route = entry.aliases.get(alias)
      if (route === undefined) entry.aliases.set(alias, { wanted, served: undefined })
      else route.wanted = wanted
    }
  }

  const lookOnce = async () => {
    const listed = await source.list()
    preferred = (await options.preferredModels?.()) ?? []
    const lost = await routes.take(listed)
    const entries = [...routes.models.values()]
    for (const entry of entries) followNames(entry)
    for (const slot of lost) leaveOnceReplaced(slot)
    wantedAhead = (await options.ahead?.()) ?? []
    const pass = followAll(entries).finally(() => passes.delete(pass))
    passes.add(pass)
    // Those who wait for it are told; the next look tries again.
    pass.catch((error: unknown) => log.debug({ err: error }, 'Models are loaded later'))
  }

  const followAll = async (entries: readonly ModelEntry[]) => {
    // Champions first: others follow as far as there is room.
    const tellings: Promise<void>[] = []
    for (const entry of entries) {
      await follow(entry, servedAlias)
      tellings.push(tell(entry.model))
    }
    for (const entry of entries) {
      for (const alias of entry.aliases.keys()) if (alias !== servedAlias) await follow(entry, alias)
    }
    // Those of the newest look, where this one took long.
    await loadAhead(wantedAhead)
    for (const model of told.keys()) tellings.push(tell(model))
    await Promise.all(tellings)
  }

  const loadAhead = async (wanted: readonly ModelTarget[]) => {
    const before = ahead
    ahead = new Set()
    const loads: VersionSlot[] = []
    for (const target of wanted) {
      const slot = await slotOf(target).catch(() => undefined)
      if (slot === undefined) continue
      ahead.add(slot)
      if (!slot.isUnloaded) loads.push(slot)
    }
    for (const slot of before) leaveIfUnused(slot)
    // The pool says why one cannot be loaded.
    for (const slot of loads) await pool.load(slot).catch(() => undefined)
  }

  const slotOf = async (target: ModelTarget): Promise<VersionSlot> => routes.find(target)

  const championOf = (model: string) => routes.models.get(model)?.aliases.get(servedAlias)

  /** One after the other, as looks overlap where a version takes long to load. */
  const tell = (model: string): Promise<void> => {
    const next = telling.then(() => tellNow(model))
    telling = next.catch(() => undefined)
    return next
  }

  const tellNow = async (model: string) => {
    const served = championOf(model)?.served
    const version = served?.loaded?.version ?? (served === undefined ? undefined : told.get(model))
    if (told.get(model) === version) return
    await options.onServed?.(model, version)
    if (version === undefined) told.delete(model)
    else told.set(model, version)
  }

  /** Whether its requests are answered, also once it is loaded. */
  const isServed = (model: string) => {
    const route = championOf(model)
    if (route?.served !== undefined) return !route.served.isUnloaded
    return route !== undefined && !route.wanted.isUnloaded && route.wanted.failure === undefined
  }

  /** The model whose requests are answered, where it is one alone. */
  const onlyServed = () => {
    let found: string | undefined
    for (const model of routes.models.keys()) {
      if (!isServed(model)) continue
      if (found !== undefined) return undefined
      found = model
    }
    return found
  }

  const isFailed = (model: string) => {
    const route = championOf(model)
    return route !== undefined && route.served === undefined && route.wanted.failure !== undefined
  }

  const defaultModel = () => {
    const found = options.defaultModel ?? preferred.find(isServed) ?? onlyServed()
    if (found !== undefined) return found
    const champions = [...routes.models.keys()].filter((model) => championOf(model) !== undefined)
    const served = champions.filter(isServed)
    // Why it fails is said of the one that is meant, not of any that somebody has made champion.
    const failed = champions.filter(isFailed)
    const meant =
      preferred.find((model) => failed.includes(model)) ??
      (served.length === 0 && failed.length === 1 ? failed[0] : undefined)
    if (meant !== undefined) return meant
    const reason =
      served.length === 0 && failed.length === 0
        ? 'no model has the alias champion yet'
        : 'several models are champions and none is chosen'
    throw new FabriqueError('no_default_model', { reason })
  }

  const quickDefault = () => {
    try {
      return defaultModel()
    } catch {
      return undefined
    }
  }

  /** The version that a request goes to where it is in memory, as it is for most. */
  const loadedAt = (target: ModelTarget): LoadedVersion | undefined => slotAt(target)?.loaded

  const slotAt = ({ model, version, alias = servedAlias }: ModelTarget): VersionSlot | undefined => {
    const entry = routes.models.get(model)
    return version === undefined ? entry?.aliases.get(alias)?.served : entry?.versions.get(version)
  }

  /** The same, loaded first where it is not; throws what `use` does. */
  const ready = async (target: ModelTarget): Promise<LoadedVersion> => {
    const found = routes.find(target)
    const slot = found instanceof Promise ? await found : found
    if (isNamedByRequest(target)) slot.isAskedByNumber = true
    if (slot.isUnloaded) {
      throw notServed(slot.model, [
        `version ${slot.version} was unloaded by hand`,
        `la version ${slot.version} a été déchargée à la main`,
      ])
    }
    if (slot.loaded !== undefined) return slot.loaded
    const failure = pool.failureOf(slot)
    if (failure !== undefined) throw failure
    return withinTime(pool.load(slot), target.timeoutMs ?? limit('serving.wait_ms'))
  }

  /** Lends a version for one request and counts it, unless it only reads of the model. */
  const lend = async <Output>(target: ModelTarget, action: (lent: LentVersion) => Promise<Output>): Promise<Output> => {
    if (inUse >= waitingMax) {
      const found = {
        reason: `${waitingMax} requests are under way`,
        reason_fr: `${waitingMax} requêtes sont en cours`,
      }
      throw new FabriqueError('server_overloaded', found)
    }
    inUse += 1
    let lent: LentVersion | undefined
    const startedMs = clock.monotonicMs()
    try {
      const slot = slotAt(target)
      if (slot !== undefined && isNamedByRequest(target)) slot.isAskedByNumber = true
      let loaded = slot?.loaded ?? (await ready(target))
      // It may have left between its loading and this turn.
      while (loaded.isRetired) loaded = await ready(target)
      lent = new LentVersion(loaded, clock, keeperOf(target, loaded, startedMs))
      pool.lend(loaded)
      const output = await action(lent)
      for (const place of lent.reserved) place.keep()
      if (lent.wasAsked) count(lent, target, { startedMs, outcome: 'answered' })
      return output
    } catch (error) {
      for (const place of lent?.reserved ?? []) place.leave()
      if (lent !== undefined) count(lent, target, { startedMs, outcome: outcomeOf(error) })
      throw error
    } finally {
      inUse -= 1
      if (lent !== undefined) pool.giveBack(lent.loaded)
    }
  }

  /** A version in memory that answers this request without anything to wait for. */
  const quickAt = (target: ModelTarget, body: unknown): LoadedVersion | undefined => {
    const loaded = loadedAt(target)
    if (loaded === undefined || loaded.isRetired || inUse >= waitingMax) return undefined
    const isQuick = loaded.runtime.inferNow !== undefined && loaded.signature?.feature_lookup === undefined
    return isQuick && !(body instanceof Form) && isOfFewRows(body) ? loaded : undefined
  }

  const lendNow = <Output>(
    loaded: LoadedVersion,
    target: ModelTarget,
    action: (lent: LentVersion, startedMs: number) => Output | undefined,
  ): Output | undefined => {
    const startedMs = clock.monotonicMs()
    const lent = new LentVersion(loaded, clock)
    pool.lend(loaded)
    try {
      const output = action(lent, startedMs)
      if (lent.wasAsked) count(lent, target, { startedMs, outcome: 'answered' })
      return output
    } catch (error) {
      count(lent, target, { startedMs, outcome: outcomeOf(error) })
      throw error
    } finally {
      pool.giveBack(loaded)
    }
  }

  const count = (lent: LentVersion, { variant }: ModelTarget, { startedMs, outcome }: Counted) => {
    const { model, version, wasAsked } = lent
    const durationMs = clock.monotonicMs() - startedMs
    if (wasAsked) latenciesOf(model).add(durationMs)
    predictionLog?.count({ model, version, variant }, durationMs, outcome)
  }

  /** What keeps the answers to tensors; those to rows are kept by `answer`. */
  const keeperOf = (target: ModelTarget, loaded: LoadedVersion, startedMs: number) => {
    const { requester } = target
    if (requester === undefined || predictionLog === undefined) return undefined
    const keep = (kept: Pick<AnsweredLater, 'rowCount' | 'likelyRows' | 'bytes' | 'read'>) =>
      predictionLog.reserve({
        ...requester,
        ...kept,
        model: loaded.model,
        version: loaded.version,
        variant: target.variant,
        alias: askedAlias(target),
        assignedBy: target.assignedBy,
        durationMs: clock.monotonicMs() - startedMs,
      })
    return answerKeeper(loaded, keep)
  }

  const latenciesOf = (model: string) => {
    const known = latencies.get(model) ?? new Latencies()
    latencies.set(model, known)
    return known
  }

  const answer = async (lent: LentVersion, asked: Asked): Promise<Predicted> => {
    const startedMs = clock.monotonicMs()
    const { model, signature, predictor } = lent.loaded
    if (signature === undefined || predictor === undefined)
      throw new FabriqueError('model_without_signature', { model })
    const { body: given, requester } = asked
    const body = given instanceof Form ? formFeatures(given, signature) : given
    const target = { model, signature, doubles: predictor.doubles }
    const lookedUp =
      signature.feature_lookup === undefined ? undefined : await lookUpFeatures(body, target, options.readOnline)
    const features = parseFeatures(lookedUp?.body ?? body, target)
    const found = await predictor.predict(features, requester, lent)
    const predictions = lookedUp === undefined ? found : withUsed(found, lookedUp.used)
    return kept(lent.loaded, { ...asked, body }, { predictions, single: features.single, lookedUp, startedMs })
  }

  const answerNow = (lent: LentVersion, asked: Asked, startedMs: number): Predicted | undefined => {
    const { model, signature, predictor } = lent.loaded
    if (signature === undefined || predictor === undefined) return undefined
    const features = parseFeatures(asked.body, { model, signature, doubles: predictor.doubles })
    const predictions = predictor.predictNow(features, lent)
    if (predictions === undefined) return undefined
    return kept(lent.loaded, asked, { predictions, single: features.single, startedMs })
  }

  /** The answer, once it is on its way into the log. */
  const kept = ({ model, version, signature, predictor }: LoadedVersion, asked: Asked, answer: Answer): Predicted => {
    const { body, requester, variant, alias } = asked
    const { predictions, single, lookedUp, startedMs } = answer
    if (predictionLog === undefined || requester === undefined || signature === undefined || predictor === undefined) {
      return { model, version, predictions, single, predictionId: undefined }
    }
    const { rows, bytes } = heldRows(givenRows(body, signature), signature, requester.bytes)
    // Written out: members after others that are spread take several times as long.
    const predictionId = predictionLog.keep({
      rows,
      bytes,
      model,
      version,
      names: predictor.names,
      predictions,
      used: lookedUp?.used,
      keys: lookedUp === undefined ? undefined : signature.feature_lookup?.keys,
      variant,
      alias,
      assignedBy: requester.assignedBy,
      requestId: requester.requestId,
      actor: requester.actor,
      durationMs: clock.monotonicMs() - startedMs,
    })
    return { model, version, predictions, single, predictionId }
  }

  const look = async () => {
    again = true
    running ??= (async () => {
      try {
        while (again) {
          again = false
          await lookOnce()
        }
      } finally {
        running = undefined
      }
    })()
    await running
  }

  return {
    look,
    async reconcile() {
      await look()
      await Promise.all(passes)
    },
    use: lend,
    predict(model, body, requester) {
      const target = typeof model === 'string' ? { model } : model
      const patient = requester?.timeoutMs === undefined ? target : { ...target, timeoutMs: requester.timeoutMs }
      return lend(patient, (lent) =>
        answer(lent, { variant: target.variant, alias: askedAlias(target), body, requester }),
      )
    },
    predictNow(target, body, requester) {
      const loaded = quickAt(target, body)
      if (loaded === undefined) return undefined
      const slot = slotAt(target)
      if (slot !== undefined && isNamedByRequest(target)) slot.isAskedByNumber = true
      const asked = { variant: target.variant, alias: askedAlias(target), body, requester }
      return lendNow(loaded, target, (lent, startedMs) => answerNow(lent, asked, startedMs))
    },
    isKnown: (model) => routes.models.has(model),
    isReady(target) {
      const loaded = loadedAt(target)
      return loaded !== undefined && loaded.runtime.isReady !== false
    },
    isBehind(target) {
      const model = target === undefined ? quickDefault() : target.model
      const slot = model === undefined ? undefined : slotAt({ ...target, model })
      return slot?.loaded?.runtime.isBehind === true
    },
    available: () =>
      [...routes.models.values()].map(({ model, versions }) => ({
        model,
        versions: [...versions.values()].sort(byNewest).map(availableVersion),
      })),
    async statistics(target) {
      const entry = routes.models.get(target.model)
      const named = target.version !== undefined || target.alias !== undefined
      const slots = named || entry === undefined ? [await slotOf(target)] : [...entry.versions.values()].sort(byNewest)
      return slots
        .filter(({ figures, loaded }) => named || loaded !== undefined || figures.hasSeen)
        .map(({ model, version, figures }) => ({ model, version, figures: figures.read() }))
    },
    async load(target) {
      const slot = await slotOf(target)
      slot.isUnloaded = false
      slot.isKept = true
      await pool.load(slot)
    },
    async unload(target) {
      const slots = target.version === undefined && target.alias === undefined ? versionsOf(routes, target) : undefined
      for (const slot of slots ?? [await slotOf(target)]) {
        slot.isUnloaded = true
        slot.isKept = false
        pool.retire(slot)
      }
    },

    endpoints() {
      const preferredDefault = quickDefault()
      return [...routes.models.values()].flatMap(({ model, aliases, versions }) => {
        const route = aliases.get(servedAlias)
        if (route === undefined) return []
        const slot = route.served ?? route.wanted
        const { version, loaded, signature = loaded?.signature } = slot
        if (signature === undefined || slot.isUnloaded) return []
        return describeEndpoint({ model, version, signature, loadedAt: loaded?.loadedAt }, latenciesOf(model), {
          alias: servedAlias,
          isDefault: model === preferredDefault,
          isLoading: slot.loading !== undefined,
          error: (loaded === undefined || route.wanted !== slot ? route.wanted.failure : undefined)?.reason,
          versions: [...versions.values()].filter((slot) => slot.loaded !== undefined).sort(byNewest),
        })
      })
    },

    defaultModel,

    async close() {
      await pool.close()
    },
  }
}

function outcomeOf(error: unknown): Outcome {
  return isFabriqueError(error) && error.spec.status < 500 ? 'refused' : 'failed'
}

/** More would be parsed for nothing, where they are not computed at once. */
function isOfFewRows(body: unknown): boolean {
  const given = typeof body === 'object' && body !== null && 'features' in body ? body.features : body
  return !Array.isArray(given) || given.length <= rowsAtOnceMax
}

const waitingMax = limit('serving.waiting_max')
const rowsAtOnceMax = limit('serving.rows_at_once_max')

/** A version that a roll-out chose is in memory as long as that goes on. */
function isNamedByRequest({ version, variant }: ModelTarget): boolean {
  return version !== undefined && variant === undefined
}

/** The alias that a request went by; none where it named a version itself. */
function askedAlias(target: ModelTarget): string | undefined {
  return isNamedByRequest(target) ? undefined : (target.alias ?? servedAlias)
}

const byNewest = (left: VersionSlot, right: VersionSlot) =>
  right.version.localeCompare(left.version, 'en', { numeric: true })

function versionsOf(routes: ModelRoutes, { model }: ModelTarget): readonly VersionSlot[] {
  const entry = routes.models.get(model)
  if (entry === undefined) throw notServed(model, ['there is no such model', 'ce modèle n’existe pas'])
  return [...entry.versions.values()]
}

function availableVersion(slot: VersionSlot): AvailableVersion {
  const { version, aliases, loaded, loading, failure, isUnloaded } = slot
  const about = { version, aliases }
  if (isUnloaded) return { ...about, state: 'unloaded' }
  if (loaded !== undefined) return { ...about, state: 'ready' }
  if (loading !== undefined) return { ...about, state: 'loading' }
  return failure === undefined
    ? { ...about, state: 'available' }
    : { ...about, state: 'failed', reason: failure.reason }
}

/** Waits no longer than a request may; what it waited for goes on. */
async function withinTime(loading: Promise<LoadedVersion>, timeoutMs: number): Promise<LoadedVersion> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const reason = `the model was not loaded within ${timeoutMs} ms`
    const reason_fr = `le modèle n’a pas été chargé en ${timeoutMs} ms`
    timer = setTimeout(() => reject(new FabriqueError('server_overloaded', { reason, reason_fr })), timeoutMs)
  })
  try {
    return await Promise.race([loading, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Rows as the log holds them, and how much that is: of images a hash, and nothing of the body that they came in. */
function heldRows(given: readonly unknown[], signature: ModelSignature, bodyBytes: number) {
  const rows = keptRows(given, signature)
  return { rows, bytes: takesImages(signature) ? JSON.stringify(rows).length : bodyBytes }
}

function withUsed(predictions: readonly Prediction[], used: LookedUp['used']): readonly Prediction[] {
  return predictions.map((prediction, row) => ({ ...prediction, features_used: used[row] ?? [] }))
}
