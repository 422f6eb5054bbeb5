/** The shape of a column in a file: the only one of a model is a matrix. */
export function columnShape(rowCount: number, columnCount: number): number[] {
  return columnCount === 1 ? [rowCount, 1] : [rowCount]
}
