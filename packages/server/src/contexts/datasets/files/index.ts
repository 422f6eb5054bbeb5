/** Snapshots of files: folders, files and images, taken as they are. */
export {
  type AddedCollection,
  addCollection,
  type CollectionEntry,
  type NewCollection,
} from './add-collection.js'
export { addFiles } from './add-files.js'
export { addFilesJob } from './add-files-job.js'
export { checkoutFiles } from './checkout-files.js'
export { forEachAtOnce } from './for-each-at-once.js'
export { forgetLostPacks } from './forget-lost-packs.js'
export {
  type CollectionFile,
  type CollectionForm,
  checkPath,
  collectionHash,
  type ImageFacts,
  type LeftOut,
  labelOf,
} from './model.js'
export { readCheckedPack } from './pack.js'
export { type FinishedPack, openPackWriter, type PackedEntry } from './pack-writer.js'
export { pathFault } from './path-fault.js'
export { comparePaths } from './path-order.js'
export {
  findFile,
  formOf,
  listSnapshotFiles,
  openAt,
  openContent,
  openFile,
  readCollection,
} from './read-collection.js'
export { recheckFiles } from './recheck-files.js'
export { mountFileRoutes } from './routes.js'
export {
  countPacks,
  insertPack,
  insertSnapshotBlobs,
  isIndexed,
  lockPacks,
  type PackedFile,
  packedIn,
  selectPackedOf,
  selectSnapshotBlobs,
} from './store.js'
export { adoptPack, type Report } from './take-files.js'
export { formOfColumns, snapshotColumnsOf } from './write-table.js'
