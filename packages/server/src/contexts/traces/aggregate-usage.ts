/** A span in the tree of its trace with the counts that it told, or null. */
export interface UsageNode {
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly counts: Readonly<Record<string, number>> | null
}

/**
 * Sums counts over a trace. Some instrumentations tell the sum of a subtree on its top as well, so a span below one that
 * told counts is not added again. Undefined when no span told any.
 */
export function aggregateUsage(
  nodes: readonly UsageNode[],
  keys: readonly string[],
): Readonly<Record<string, number>> | undefined {
  const byId = new Map(nodes.map((node) => [node.span_id, node]))
  const covered = new Map<string, boolean>()
  const totals: Record<string, number> = Object.fromEntries(keys.map((key) => [key, 0]))
  let isTold = false
  for (const node of nodes) {
    if (node.counts === null || isCovered(node, byId, covered)) continue
    isTold = true
    for (const [key, count] of Object.entries(node.counts)) totals[key] = (totals[key] ?? 0) + count
  }
  return isTold ? totals : undefined
}

/** True when a span above told counts. Walks up once: what it learns is kept for all spans on the way. */
function isCovered(node: UsageNode, byId: ReadonlyMap<string, UsageNode>, covered: Map<string, boolean>): boolean {
  const path: string[] = []
  const seen = new Set<string>()
  let answer = false
  for (let at: UsageNode | undefined = node; at !== undefined; ) {
    const known = covered.get(at.span_id)
    if (known !== undefined) {
      answer = known
      break
    }
    if (seen.has(at.span_id)) break
    seen.add(at.span_id)
    path.push(at.span_id)
    const parent: UsageNode | undefined = at.parent_span_id === null ? undefined : byId.get(at.parent_span_id)
    if (parent === undefined) break
    if (parent.counts !== null) {
      answer = true
      break
    }
    at = parent
  }
  for (const id of path) covered.set(id, answer)
  return answer
}
