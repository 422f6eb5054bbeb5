// Imports nothing: a thread that reads files is to be there at once.

/** Sorts by path, in place, in the order of `comparePaths`. */
export function sortByPath<Item extends { readonly path: string }>(items: Item[]): Item[] {
  // Without surrogates the order of the code units is the same, and the engine compares them quickly.
  const isPlain = items.every(({ path }) => !/[\ud800-\udfff]/.test(path))
  const compare = isPlain ? compareUnits : comparePaths
  const isSorted = items.every((item, at) => compare(items[at - 1]?.path ?? '', item.path) <= 0)
  return isSorted ? items : items.sort((left, right) => compare(left.path, right.path))
}

function compareUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** The order of paths: that of their UTF-8 bytes, on every machine. */
export function comparePaths(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const difference = rankOf(left.charCodeAt(at)) - rankOf(right.charCodeAt(at))
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Surrogates stand for characters beyond all others, although their numbers are not the highest. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
