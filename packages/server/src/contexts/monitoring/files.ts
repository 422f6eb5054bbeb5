/** What works on plain files: a second door that loads nothing of the server. */
import type { RenderedReport } from './report/render-report.js'

export { type DriftFilesInput, type DriftOfFiles, driftFiles } from './drift/drift-files.js'
export type { RenderedReport } from './report/render-report.js'

/** A page of a report. */
export async function renderDriftReport(rendered: RenderedReport): Promise<string> {
  // Loaded at use: few reports become a page.
  const page = await import('./report/render-report.js')
  return page.renderDriftReport(rendered)
}
