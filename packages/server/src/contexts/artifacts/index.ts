/** The tree of artifact files over the blob store. See README.md. */
export { bounded } from './bounded-content.js'
export { deleteArtifact } from './delete-artifact.js'
export { artifactBytesUnder, type FolderUsage, type PurgedFolder, purgeFolder } from './folder-usage.js'
export { createArtifactLink, pathOfLink } from './links.js'
export { type ArtifactFile, type ArtifactPage, listArtifactPage, listArtifacts } from './list-artifacts.js'
export { attachmentHeader, contentTypeOf, foldersAbove, parseArtifactPath, parseFolderPath } from './model.js'
export {
  type ByteRange,
  type FoundArtifact,
  findArtifact,
  type OpenedArtifact,
  openArtifact,
  rangeWithin,
} from './open-artifact.js'
export { putArtifact } from './put-artifact.js'
export { isKnownTo, parseRange, sendArtifact } from './send-artifact.js'
export { type Swept, sweepBlobs } from './sweep-blobs.js'
export { abortUpload, completeUpload, createUpload, putUploadPart } from './uploads.js'
