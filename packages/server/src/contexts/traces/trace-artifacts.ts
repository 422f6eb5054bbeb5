/** Where the files of a trace go: below the artifact location of its experiment. */
export function traceArtifactUri(artifactLocation: string, traceId: string): string {
  // The query of an address stays at its end.
  const [location = '', query] = artifactLocation.split(/(?=\?)/)
  return `${location.replace(/\/+$/, '')}/traces/${traceId}/artifacts${query ?? ''}`
}
