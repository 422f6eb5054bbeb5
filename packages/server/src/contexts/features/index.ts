/** Features as they were at a time: the point-in-time join, on relations of the data engine and on plain files. */

export { mountFeastReads, mountFeastRoutes } from './feast-routes.js'
export {
  type DeriveValue,
  deriver,
  type FeatureCode,
  type FeatureValue,
  type FindFeatureCode,
} from './history/derive-values.js'
export { type FeatureTools, historicalJob } from './history/make-training-set.js'
export { historicalJobKind, startHistorical } from './history/start-historical.js'
export { joinFeatures } from './join/join-features.js'
export { type JoinedFile, type JoinFilesInput, joinFiles } from './join/join-files.js'
export type {
  EntityRows,
  JoinedRows,
  JoinedView,
  JoinKey,
  JoinRequest,
  Relation,
  RelationColumn,
  UnmatchedRows,
  ViewReport,
} from './join/model.js'
export { describeRelation, type ScratchTables, scratchTables } from './join/relation.js'
export { spineOf, type TimeRange } from './join/spine.js'
export { checkJob, checkJobKind } from './online/check-view.js'
export { addFeatureGauges } from './online/feature-gauges.js'
export { followSnapshots, materializeForSnapshot } from './online/follow-snapshots.js'
export { getOnlineFeatures } from './online/get-online-features.js'
export { tendViews } from './online/materialize-due.js'
export { materializeJob } from './online/materialize-job.js'
export type { OnlineStore } from './online/model.js'
export { type OnlineFeatures, onlineFeatures } from './online/online-features.js'
export { openOnlineStore } from './online/open-online-store.js'
export { mountOnlineReads, mountOnlineRoutes, type OnlineParts } from './online/routes.js'
export {
  materializeJobKind,
  startMaterialize,
} from './online/start-materialize.js'
export { applyFeatures } from './registry/apply-features.js'
export {
  getEntity,
  getFeatureView,
  listEntities,
  listFeatureServices,
  listFeatureViews,
} from './registry/list-features.js'
export type { AppliedService, AppliedView, ViewKey } from './registry/model.js'
export { planFeatures } from './registry/plan-features.js'
export { type SelectedFeatures, type SelectedView, selectFeatures } from './registry/select-features.js'
export { findService, findView, readNewestViews } from './registry/store.js'
export { mountFeatureRoutes } from './routes.js'
