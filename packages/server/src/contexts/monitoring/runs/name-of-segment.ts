import { shortNumber } from '@fabrique/ml/drift'

interface Named {
  readonly column: string
  readonly segment: string | null
  readonly from?: number | undefined
  readonly below?: number | undefined
}

/** A segment as people read it: a column and its value, or the bounds of its numbers. */
export function nameOfSegment({ column, segment, from, below }: Named, language: 'en' | 'fr'): string {
  const isFrench = language === 'fr'
  const n = (value: number) => shortNumber(value, language)
  if (from !== undefined && below !== undefined) return `${column} ${n(from)} – ${n(below)}`
  if (from !== undefined) return `${column} ≥ ${n(from)}`
  if (below !== undefined) return `${column} < ${n(below)}`
  if (segment === null) return isFrench ? `${column} sans valeur` : `${column} without a value`
  return `${column} = ${segment}`
}
