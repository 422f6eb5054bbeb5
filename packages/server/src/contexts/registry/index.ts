/** Models, their versions, aliases and stages, and the history of all changes. See README.md. */
export type { StoredChange } from './change-store.js'
export { createModel } from './create-model.js'
export { createModelVersion } from './create-version.js'
export { deleteModel } from './delete-model.js'
export { deleteModelVersion } from './delete-version.js'
export { getModel, listModels } from './get-model.js'
export {
  type AliasTarget,
  findVersion,
  getAlias,
  getModelVersion,
  listAliasTargets,
  modelVersionsOf,
} from './get-version.js'
export { importModels } from './import-models.js'
export { getLatestVersions, getVersionByAlias } from './latest-versions.js'
export { changesOfModels, listModelHistory } from './list-history.js'
export { mountMlflowRegistry } from './mlflow-routes.js'
export { championAlias } from './model.js'
export type { StoredModel } from './model-store.js'
export { deleteModelTag, setModelTag } from './model-tags.js'
export { deleteAlias, moveAlias } from './move-alias.js'
export type { CreationDetail } from './record-change.js'
export { registerVersion } from './register-version.js'
export { rollbackAlias } from './rollback-alias.js'
export { mountRegistryRoutes } from './routes.js'
export { type ModelPage, searchModels } from './search-models.js'
export { searchVersions, type VersionPage } from './search-versions.js'
export {
  findServableVersion,
  listServableVersions,
  type ServableFiles,
  type ServableVersion,
} from './servable-versions.js'
export type { StoredVersion } from './store.js'
export { updateModel } from './update-model.js'
export { updateModelVersion } from './update-version.js'
export { listVersionArtifacts } from './version-artifacts.js'
export { versionLineage } from './version-lineage.js'
export { deleteVersionTag, setVersionTag } from './version-tags.js'
export { type VersionOfRun, versionsOfRuns } from './versions-of-runs.js'
export { type VersionUnder, versionsUnder } from './versions-under.js'
