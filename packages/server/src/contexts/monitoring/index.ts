/** Comparisons of tables, and their reports. */
export { type DriftFilesInput, type DriftOfFiles, driftFiles } from './drift/drift-files.js'
export { type RenderedReport, renderDriftReport } from './report/render-report.js'
