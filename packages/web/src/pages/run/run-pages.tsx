export function RunOverviewPage() {
  return null
}
export function RunMetricsPage() {
  return null
}
export function RunArtifactsPage() {
  return null
}
export function RunReproducePage() {
  return null
}
