type Params = Readonly<Record<string, string>>

export interface DifferingParam {
  readonly name: string
  readonly from: string | undefined
  readonly to: string | undefined
}

/** The parameters that differ between two runs, by name, and how many there are in all. */
export function differingParams(
  from: Params,
  to: Params,
): { readonly different: readonly DifferingParam[]; readonly total: number } {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  const different = names
    .filter((name) => from[name] !== to[name])
    .map((name) => ({ name, from: from[name], to: to[name] }))
  return { different, total: names.length }
}
