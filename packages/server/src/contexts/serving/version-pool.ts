import { FabriqueError, isFabriqueError, type ModelSignature } from '@fabrique/contract'
import type { Clock } from '../../kernel/index.js'
import type { Log } from '../../platform/logs/index.js'
import { readMlflowModel } from './mlflow-model.js'
import type { ModelOpener, ModelSource, SourceVersion } from './model-source.js'
import { type RowPredictor, rowPredictor } from './predict-rows.js'
import type { RuntimeObserver } from './runtime/model-runtime.js'
import { type LoadedVersion, VersionFigures } from './served-version.js'

/** One version that could be in memory. */
export interface VersionSlot {
  readonly model: string
  readonly version: string
  readonly identity: string | undefined
  aliases: readonly string[]
  loaded: LoadedVersion | undefined
  loading: Promise<LoadedVersion> | undefined
  /** Why it is not served, and when that was found. */
  failure: { readonly reason: string; readonly error: FabriqueError; readonly atMs: number } | undefined
  /** Taken out of memory by hand: it is not served until it is loaded by hand. */
  isUnloaded: boolean
  /** Loaded by hand: it stays in memory. */
  isKept: boolean
  /** A request named it by its number: it stays until its place is needed. */
  isAskedByNumber: boolean
  /** The source has it no more. */
  isGone: boolean
  /** What the source says of it, as of its last loading. */
  signature: ModelSignature | undefined
  readonly figures: VersionFigures
}

export interface VersionPoolOptions {
  readonly source: ModelSource
  readonly openers: readonly ModelOpener[]
  readonly clock: Clock
  readonly log: Log
  /** Memory of all loaded versions together, as they say it of themselves. */
  readonly memoryBytesMax: number
}

/** Versions that are loaded at once. */
const loadsMax = 4

/** Time after which a version that failed is tried again. */
const retryMs = 10_000

/**
 * The versions in memory: each is loaded once, however many ask for it, and leaves when its place is needed, those first that were not used for
 * longest, and never one that is in use.
 */
export class VersionPool {
  private readonly options: VersionPoolOptions
  private readonly held = new Map<VersionSlot, LoadedVersion>()
  private bytes = 0
  private uses = 0
  private loads = 0
  private readonly loadsWaiting: (() => void)[] = []
  private readonly releases = new Set<Promise<void>>()
  /** Retired while they are being loaded. */
  private readonly unwanted = new Set<VersionSlot>()
  private isClosed = false

  constructor(options: VersionPoolOptions) {
    this.options = options
  }

  /** The version, loaded first where it is not; throws `model_file_invalid`, also for one that failed a moment ago. */
  load(slot: VersionSlot): Promise<LoadedVersion> {
    if (slot.loaded !== undefined) return Promise.resolve(slot.loaded)
    this.unwanted.delete(slot)
    slot.loading ??= this.loadOnce(slot).finally(() => {
      slot.loading = undefined
    })
    return slot.loading
  }

  /** Why a version is not tried again yet. */
  failureOf(slot: VersionSlot): FabriqueError | undefined {
    const { failure } = slot
    if (failure === undefined || this.options.clock.monotonicMs() - failure.atMs > retryMs) return undefined
    return failure.error
  }

  lend(loaded: LoadedVersion): void {
    this.uses += 1
    loaded.lastUse = this.uses
    loaded.inFlight += 1
  }

  giveBack(loaded: LoadedVersion): void {
    loaded.inFlight -= 1
    if (loaded.inFlight > 0) return
    if (loaded.isRetired) void this.release(loaded)
    else this.makeRoom(undefined)
  }

  /** Takes a version out of memory: at once, or when its last request is answered; one that is being loaded once it is. */
  retire(slot: VersionSlot): void {
    const { loaded } = slot
    if (loaded === undefined) {
      if (slot.loading !== undefined) this.unwanted.add(slot)
      return
    }
    slot.loaded = undefined
    this.held.delete(slot)
    this.bytes -= loaded.memoryBytes
    loaded.isRetired = true
    if (loaded.inFlight === 0) void this.release(loaded)
  }

  /** Whether more can be loaded without another leaving. */
  get hasRoom(): boolean {
    return this.bytes < this.options.memoryBytesMax
  }

  /** Resolves when what no request uses has left: processes are ended, and files that were copied for them removed. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const slot of this.held.keys()) this.retire(slot)
    await Promise.all(this.releases)
  }

  private async release({ model, version, runtime }: LoadedVersion): Promise<void> {
    const released = runtime.release().catch((error: unknown) => {
      this.options.log.warn({ model, version, err: error }, 'A model version was not released')
    })
    this.releases.add(released)
    await released
    this.releases.delete(released)
  }

  private async loadOnce(slot: VersionSlot): Promise<LoadedVersion> {
    const { clock, log } = this.options
    const { model, version } = slot
    await this.turn()
    try {
      const loaded = await this.open(slot)
      if (this.isClosed) {
        await this.release(loaded)
        throw new Error('The server stops')
      }
      slot.loaded = loaded
      slot.failure = undefined
      this.held.set(slot, loaded)
      this.bytes += loaded.memoryBytes
      if (this.unwanted.has(slot)) this.retire(slot)
      this.makeRoom(slot)
      return loaded
    } catch (error) {
      const reason = reasonOf(error)
      // Once for each reason, not at each try.
      if (slot.failure?.reason !== reason) {
        log.error({ model, version, err: error }, 'A model version cannot be served')
      }
      const refusal = saysItself(error)
        ? error
        : new FabriqueError('model_file_invalid', { model, version, reason }, { cause: error })
      slot.failure = { reason, error: refusal, atMs: clock.monotonicMs() }
      throw refusal
    } finally {
      this.unwanted.delete(slot)
      this.loads -= 1
      this.loadsWaiting.shift()?.()
    }
  }

  private async turn(): Promise<void> {
    while (this.loads >= loadsMax) await new Promise<void>((resolve) => this.loadsWaiting.push(resolve))
    this.loads += 1
  }

  /** Loads, checks and tries one version before it may answer. */
  private async open(slot: VersionSlot): Promise<LoadedVersion> {
    const { model, version, figures } = slot
    const { source, openers, clock, memoryBytesMax } = this.options
    const found = await source.open(model, version)
    slot.signature = found.signature
    const described = found.files.paths.includes('MLmodel')
      ? readMlflowModel(Buffer.from(await found.files.read('MLmodel')).toString())
      : undefined
    const files = { ...found, description: described }
    const opener = openers.find((one) => one.takes(files))
    if (opener === undefined) {
      throw new Error(`It is of no kind that is served here: ${described?.flavors.join(', ') ?? 'no MLmodel file'}`)
    }
    let isServed = false
    // What the version is tried with is no answer to anybody.
    const observer: RuntimeObserver = { executed: (execution) => (isServed ? figures.executed(execution) : undefined) }
    const { runtime, signature = found.signature } = await opener.open(files, observer)
    const { memoryBytes } = runtime
    let predictor: RowPredictor | undefined
    try {
      if (memoryBytes > memoryBytesMax) throw tooLarge(memoryBytes, memoryBytesMax)
      predictor = signature === undefined ? undefined : rowPredictor(runtime, signature)
      // The example of a signature that was read out of the files is made up.
      if (found.signature !== undefined) await predictor?.tryExample()
    } catch (error) {
      await runtime.release()
      throw error
    }
    isServed = true
    slot.signature = signature
    return {
      model,
      version,
      runtime,
      memoryBytes,
      signature,
      predictor,
      loadedAt: clock.now(),
      figures,
      inFlight: 0,
      isRetired: false,
      lastUse: this.uses,
    }
  }

  private makeRoom(kept: VersionSlot | undefined): void {
    if (this.bytes <= this.options.memoryBytesMax) return
    const idle = [...this.held]
      .filter(([slot, loaded]) => slot !== kept && !slot.isKept && loaded.inFlight === 0)
      .sort(([, left], [, right]) => left.lastUse - right.lastUse)
    for (const [slot, { model, version }] of idle) {
      if (this.bytes <= this.options.memoryBytesMax) return
      this.options.log.info({ model, version }, 'A model version leaves the memory')
      this.retire(slot)
    }
  }
}

function tooLarge(bytes: number, max: number): Error {
  const mb = (count: number) => Math.ceil(count / 1024 / 1024)
  return new Error(
    `It takes ${mb(bytes)} MB, more than all models may together: FABRIQUE_MODELS_MEMORY_MB is ${mb(max)}`,
  )
}

/** Errors that are no fault of the files, and say what to do. */
function saysItself(error: unknown): error is FabriqueError {
  return isFabriqueError(error) && (error.code === 'model_not_served' || error.code === 'python_not_configured')
}

/** What is said of a failure: the reason inside of an error of the catalogue, or the text. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export function makeSlot(model: string, { version, identity }: SourceVersion): VersionSlot {
  return {
    model,
    version,
    identity,
    aliases: [],
    loaded: undefined,
    loading: undefined,
    failure: undefined,
    isUnloaded: false,
    isKept: false,
    isAskedByNumber: false,
    isGone: false,
    signature: undefined,
    figures: new VersionFigures(),
  }
}
