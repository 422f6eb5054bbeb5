import { FabriqueError } from '@fabrique/contract'
import type { ModelSource, SourceModel } from './model-source.js'
import type { ModelTarget } from './served-models.js'
import { makeSlot, type VersionSlot } from './version-pool.js'

/** The alias that a request without one goes to. */
export const servedAlias = 'champion'

/** Where an alias leads: to the version that it names once that is loaded, until then to the one before. */
export interface AliasRoute {
  wanted: VersionSlot
  /** What answers; absent where nothing has yet. */
  served: VersionSlot | undefined
}

export interface ModelEntry {
  readonly model: string
  /** By number. */
  readonly versions: Map<string, VersionSlot>
  readonly aliases: Map<string, AliasRoute>
}

/** The models that could be served, and where their names, numbers and aliases lead. */
export class ModelRoutes {
  readonly models = new Map<string, ModelEntry>()
  private readonly source: ModelSource

  constructor(source: ModelSource) {
    this.source = source
  }

  /** Takes over what a source has. Returns the versions that are there no more. */
  async take(listed: readonly SourceModel[]): Promise<readonly VersionSlot[]> {
    const found = new Map(listed.map(({ model, versions }) => [model, versions]))
    const lost: VersionSlot[] = []
    for (const [model, entry] of this.models) {
      const numbers = new Map(found.get(model)?.map((one) => [one.version, one]))
      for (const slot of entry.versions.values()) {
        // A source of very many does not list them all.
        const same = numbers.get(slot.version)
        if (same === undefined ? isOfUse(slot) && (await this.isStill(slot)) : same.identity === slot.identity) continue
        entry.versions.delete(slot.version)
        lost.push(slot)
      }
      if (!found.has(model) && entry.versions.size === 0) this.models.delete(model)
    }
    for (const { model, versions } of listed) {
      const entry = this.entryOf(model)
      for (const one of versions) {
        const slot = entry.versions.get(one.version) ?? makeSlot(model, one)
        slot.aliases = one.aliases
        entry.versions.set(one.version, slot)
      }
    }
    return lost
  }

  /** The version that a request goes to, at once where it is known. Throws `model_not_served`. */
  find({ model, version, alias }: ModelTarget): VersionSlot | Promise<VersionSlot> {
    const entry = this.models.get(model)
    if (version !== undefined) {
      return entry?.versions.get(version) ?? this.findByNumber(model, version)
    }
    if (entry === undefined) throw notServed(model, ['there is no such model', 'ce modèle n’existe pas'])
    const name = alias ?? servedAlias
    const route = entry.aliases.get(name)
    if (route !== undefined) return route.served ?? route.wanted
    throw notServed(
      model,
      alias === undefined
        ? ['none of its versions has the alias champion', 'aucune de ses versions ne porte l’alias champion']
        : [`none of its versions has the alias ${name}`, `aucune de ses versions ne porte l’alias ${name}`],
    )
  }

  entryOf(model: string): ModelEntry {
    const entry = this.models.get(model) ?? { model, versions: new Map(), aliases: new Map() }
    this.models.set(model, entry)
    return entry
  }

  /** Whether an alias leads to a version, or is about to. */
  isNamed(slot: VersionSlot): boolean {
    const routes = this.models.get(slot.model)?.aliases.values() ?? []
    return [...routes].some(({ wanted, served }) => wanted === slot || served === slot)
  }

  private async isStill({ model, version, identity }: VersionSlot): Promise<boolean> {
    const found = await this.source.find(model, version)
    return found !== undefined && found.identity === identity
  }

  private async findByNumber(model: string, version: string): Promise<VersionSlot> {
    const found = await this.source.find(model, version)
    if (found === undefined) {
      throw notServed(model, [`it has no version ${version}`, `il n’a pas de version ${version}`])
    }
    const entry = this.entryOf(model)
    const slot = entry.versions.get(found.version) ?? makeSlot(model, found)
    slot.aliases = found.aliases
    entry.versions.set(found.version, slot)
    return slot
  }
}

/** Whether a version is more than a number that was asked for once. */
function isOfUse({ loaded, loading, isAskedByNumber, isKept, isUnloaded }: VersionSlot): boolean {
  return loaded !== undefined || loading !== undefined || isAskedByNumber || isKept || isUnloaded
}

export function notServed(model: string, [reason, reason_fr]: readonly [string, string]): FabriqueError {
  return new FabriqueError('model_not_served', { model, reason, reason_fr })
}
