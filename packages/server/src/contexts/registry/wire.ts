import { FabriqueError } from '@fabrique/contract'
import { type MlflowParams, unlessEmpty } from '../../platform/mlflow/index.js'
import type { StoredModel } from './model-store.js'
import type { StoredVersion } from './store.js'

const wireTags = (tags: Readonly<Record<string, string>>) =>
  unlessEmpty(Object.entries(tags).map(([key, value]) => ({ key, value })))

/** A version in the form of the MLflow protocol. Texts that are not there are empty, as upstream sends them. */
export function wireVersion(version: StoredVersion) {
  return {
    name: version.model,
    version: String(version.version),
    creation_timestamp: version.created_at.getTime(),
    last_updated_timestamp: version.updated_at.getTime(),
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.run_id ?? '',
    status: 'READY',
    tags: wireTags(version.tags),
    run_link: version.run_link,
    aliases: unlessEmpty(version.aliases),
    model_id: version.logged_model_id ?? undefined,
  }
}

/** A model in the form of the MLflow protocol, with the newest version of each stage. */
export function wireModel(model: StoredModel, latest: readonly StoredVersion[]) {
  const aliases = Object.entries(model.aliases).map(([alias, version]) => ({ alias, version: String(version) }))
  return {
    name: model.name,
    creation_timestamp: model.created_at.getTime(),
    last_updated_timestamp: model.updated_at.getTime(),
    description: model.description,
    latest_versions: unlessEmpty(latest.map(wireVersion)),
    tags: wireTags(model.tags),
    aliases: unlessEmpty(aliases),
  }
}

/** The version in a request: a whole number in a text. Throws `mlflow_not_integer`. */
export function versionParam(params: MlflowParams): string {
  const text = params.requiredText('version')
  if (/^\s*[+-]?\d+\s*$/.test(text)) return text.trim().replace(/^\+?0*(?=\d)/, '')
  throw new FabriqueError('mlflow_not_integer', { path: 'version', value: text.slice(0, 200) }, { field: 'version' })
}

/** The tags in a request; of a key that is there twice the last one counts. */
export function tagsParam(params: MlflowParams): Record<string, string> {
  return Object.fromEntries(params.pairs('tags').map(({ key, value }) => [key, value]))
}
