// Sorts, lists and brushes as one text of an address. Pages write and read them, the first view does not.

/** Reads `sort` of the address. */
export function readSort(sort: string | undefined): { readonly id: string; readonly desc: boolean } | undefined {
  if (sort === undefined) return undefined
  return sort.startsWith('-') ? { id: sort.slice(1), desc: true } : { id: sort, desc: false }
}

export function writeSort(sort: { readonly id: string; readonly desc: boolean } | undefined): string | undefined {
  return sort === undefined ? undefined : `${sort.desc ? '-' : ''}${sort.id}`
}

/** What is chosen on the axes of parallel coordinates; an end that is open is `undefined`. */
export interface Brush {
  readonly axis: string
  readonly min: number | undefined
  readonly max: number | undefined
}

export const writeBrushes = (brushes: readonly Brush[]): string =>
  writeList(brushes.flatMap(({ axis, min, max }) => [axis, min ?? '*', max ?? '*']).map(String))

/** Reads `brush` of the address; what is not a brush is left out. */
export function readBrushes(text: string | undefined): readonly Brush[] {
  const parts = readList(text ?? '')
  const end = (part: string | undefined) =>
    part === undefined || part === '*' || !Number.isFinite(Number(part)) ? undefined : Number(part)
  return Array.from({ length: Math.floor(parts.length / 3) }, (_, index) => ({
    axis: parts[index * 3] ?? '',
    min: end(parts[index * 3 + 1]),
    max: end(parts[index * 3 + 2]),
  })).filter(({ min, max }) => min !== undefined || max !== undefined)
}

/** Ids may hold commas, as metrics may: those are escaped. */
export const writeList = (ids: readonly string[]): string =>
  ids.map((id) => id.replaceAll('~', '~0').replaceAll(',', '~1')).join(',')
export const readList = (list: string): readonly string[] =>
  list
    .split(',')
    .filter((id) => id !== '')
    .map((id) => id.replaceAll('~1', ',').replaceAll('~0', '~'))
