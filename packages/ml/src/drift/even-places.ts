/** So many of `count` places, at even distances: the middle of each of as many equal parts. */
export function evenPlaces(count: number, taken: number): Int32Array {
  return Int32Array.from({ length: taken }, (_, part) => Math.floor(((part + 0.5) * count) / taken))
}
