import { FabriqueError } from '@fabrique/contract'
import type { RequestTarget } from '../../../platform/http/refuse-late.js'
import type { AvailableModel, AvailableVersion, ModelTarget, ServedModels } from '../served-models.js'

/**
 * What an address names. The part for a version is a number, or else an alias. `name@alias` names an alias too, unless a model has
 * that very name.
 */
export function targetOf(models: Pick<ServedModels, 'isKnown'>, name: string, version?: string): ModelTarget {
  if (version !== undefined && version !== '') {
    return /^\d+$/.test(version) ? { model: name, version } : { model: name, alias: version }
  }
  const at = name.lastIndexOf('@')
  if (at <= 0 || models.isKnown(name)) return { model: name }
  return { model: name.slice(0, at), alias: name.slice(at + 1) }
}

/** Whether what an address names is behind; without a model, that of `/predict`. */
export function isModelBehind(models: ServedModels, asked: RequestTarget | undefined): boolean {
  if (asked === undefined) return models.isBehind(undefined)
  const { model, version, alias } = asked
  return models.isBehind(alias === undefined ? targetOf(models, model, version) : { model, alias })
}

const champion = 'champion'

/** A model that could be served, and of its versions the one that is meant. Throws `model_not_served`. */
export function findAvailable(
  models: ServedModels,
  { model, version, alias }: ModelTarget,
): { readonly found: AvailableModel; readonly version: AvailableVersion | undefined } {
  const found = models.available().find((one) => one.model === model)
  if (found === undefined) throw notServed(model, 'there is no such model', 'ce modèle n’existe pas')
  if (version !== undefined || alias !== undefined) {
    const named = found.versions.find((one) =>
      version === undefined ? one.aliases.includes(alias ?? '') : one.version === version,
    )
    if (named !== undefined) return { found, version: named }
    throw version === undefined
      ? notServed(model, `it has no alias ${alias}`, `il n’a pas d’alias ${alias}`)
      : notServed(model, `it has no version ${version}`, `il n’a pas de version ${version}`)
  }
  return { found, version: found.versions.find(({ aliases }) => aliases.includes(champion)) ?? found.versions[0] }
}

/** Whether a model has nothing yet that answers. */
export function isLoading(models: ServedModels): boolean {
  const all = models.available().map(({ versions }) => versions)
  return all.some((versions) => versions.length > 0 && versions.every(({ state }) => state === 'loading'))
}

function notServed(model: string, reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('model_not_served', { model, reason, reason_fr })
}
