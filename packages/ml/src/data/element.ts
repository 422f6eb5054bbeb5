/**
 * Reads of typed arrays at an index that the caller knows to be inside. The type checker cannot see that, and a default
 * value would hide a wrong index in the sums of a model. One function per element type, so that the engine compiles
 * each to a single load: a function for all of them would become slow for all of them.
 */
export function float32At(values: Float32Array, index: number): number {
  return values[index] as number
}

export function float64At(values: Float64Array, index: number): number {
  return values[index] as number
}

export function int32At(values: Int32Array, index: number): number {
  return values[index] as number
}

export function uint8At(values: Uint8Array, index: number): number {
  return values[index] as number
}

/** The same for lists of anything; not for hot loops. */
export function itemAt<Item>(items: ArrayLike<Item>, index: number): Item {
  return items[index] as Item
}
