/** Steps of one letter that turn one text into the other. */
export function distance(first: string, second: string): number {
  let row = Array.from({ length: second.length + 1 }, (_, index) => index)
  for (let at = 1; at <= first.length; at += 1) {
    const next = [at]
    for (let to = 1; to <= second.length; to += 1) {
      const same = first[at - 1] === second[to - 1] ? 0 : 1
      next.push(Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + same))
    }
    row = next
  }
  return row[second.length] ?? 0
}

/** The candidates that look most like the address, best first. */
export function nearest<Candidate extends { readonly address: string }>(
  address: string,
  candidates: readonly Candidate[],
  count: number,
): readonly Candidate[] {
  const wanted = address.toLowerCase()
  return candidates
    .map((candidate) => ({ candidate, far: distance(wanted, candidate.address.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, count)
    .map(({ candidate }) => candidate)
}
