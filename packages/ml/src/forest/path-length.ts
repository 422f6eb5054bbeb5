/** Euler's constant. */
const euler = 0.577_215_664_901_532_9

/**
 * Mean number of splits that separate one of so many rows from the others, as in an unsuccessful search of a binary tree: c(n) of Liu,
 * Ting and Zhou.
 */
export function averagePathLength(rowCount: number): number {
  if (rowCount <= 1) return 0
  if (rowCount === 2) return 1
  return 2 * (Math.log(rowCount - 1) + euler) - (2 * (rowCount - 1)) / rowCount
}
