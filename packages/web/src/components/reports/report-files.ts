import type { ArtifactEntry } from '@fabrique/contract'

/** The folder of a run that its reports stand in. */
export const reportFolder = 'reports/'

const drawn = new Set([
  'leaderboard',
  'confusion_matrix',
  'classification_report',
  'roc_curve',
  'precision_recall_curve',
  'calibration_curve',
  'predictions',
  'residuals',
  'feature_importances',
  'learning_curve',
  'search',
])

/** Whether a run has reports that are drawn. */
export function hasReports(entries: readonly ArtifactEntry[]): boolean {
  return entries.some(({ path, is_folder }) => {
    if (is_folder || !path.startsWith(reportFolder) || !path.endsWith('.json')) return false
    return drawn.has(path.slice(reportFolder.length, -'.json'.length))
  })
}
