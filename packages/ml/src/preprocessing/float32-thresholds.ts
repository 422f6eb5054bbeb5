const buffer = new DataView(new ArrayBuffer(4))

/** The float32 before this one. */
function nextDown(value: number): number {
  if (value === 0) return -(2 ** -149)
  buffer.setFloat32(0, value)
  buffer.setInt32(0, buffer.getInt32(0) + (value > 0 ? -1 : 1))
  return buffer.getFloat32(0)
}

/** The greatest float32 that is at most the double: a float32 is above the one exactly when it is above the other. */
export function floorToFloat32(value: number): number {
  const rounded = Math.fround(value)
  return rounded > value ? nextDown(rounded) : rounded
}

/** The greatest float32 below the double: a float32 is above the one exactly when it is at least the other. */
export function belowFloat32(value: number): number {
  const rounded = Math.fround(value)
  return rounded >= value ? nextDown(rounded) : rounded
}
