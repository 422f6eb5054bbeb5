/** What works on plain files: a second door that loads nothing of the server. */
export { type DriftFilesInput, type DriftOfFiles, driftFiles } from './drift/drift-files.js'
export { type RenderedReport, renderDriftReport } from './report/render-report.js'
