import type { FlowArtifact } from '@fabrique/contract'

export interface KeyedArtifact {
  readonly key: string
  readonly newest: FlowArtifact
  /** Newest first. */
  readonly earlier: readonly FlowArtifact[]
}

/** Artifacts by key, in the order in which keys first came; of each the newest, and those before it. */
export function newestByKey(artifacts: readonly FlowArtifact[]): readonly KeyedArtifact[] {
  const byKey = new Map<string, FlowArtifact[]>()
  for (const artifact of artifacts) byKey.set(artifact.key, [...(byKey.get(artifact.key) ?? []), artifact])
  return [...byKey].flatMap(([key, all]) => {
    const [newest, ...earlier] = all.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
    return newest === undefined ? [] : [{ key, newest, earlier }]
  })
}
