/** Models, their versions and the aliases that point to them. */
export * from './get-model.js'
export * from './get-version.js'
export * from './mlflow-routes.js'
export { championAlias } from './model.js'
export * from './move-alias.js'
export * from './register-version.js'
export * from './routes.js'
export type { StoredVersion } from './store.js'
