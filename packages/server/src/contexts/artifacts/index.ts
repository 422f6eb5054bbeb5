/** The tree of artifact files over the blob store. See README.md. */
export { deleteArtifact } from './delete-artifact.js'
export { type ArtifactFile, listArtifacts } from './list-artifacts.js'
export { attachmentHeader, contentTypeOf, parseArtifactPath, parseFolderPath } from './model.js'
export { type ByteRange, type OpenedArtifact, openArtifact } from './open-artifact.js'
export { putArtifact } from './put-artifact.js'
export { sendArtifact } from './send-artifact.js'
