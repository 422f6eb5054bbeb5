/** The drift report of plain files. It stands apart since it is over sooner than what the rest of the server needs is loaded. */
export {
  type DriftFilesInput,
  type DriftOfFiles,
  driftFiles,
  type RenderedReport,
  renderDriftReport,
} from './contexts/monitoring/files.js'
