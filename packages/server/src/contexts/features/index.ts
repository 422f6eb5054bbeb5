/** Features as they were at a time: the point-in-time join, on relations of the data engine and on plain files. */
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
