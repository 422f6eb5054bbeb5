/**
 * SQL of whether a row is among so many that are taken of many at even distances, always the same ones.
 * @param place SQL of the number of a row, from 1
 * @param rows how many there are, as a number or SQL; more than `taken`
 */
export function evenlyTaken(place: string, rows: number | string, taken: number): string {
  return `${place} * ${taken} // ${rows} > (${place} - 1) * ${taken} // ${rows}`
}
