const bits = new DataView(new ArrayBuffer(4))

/** The next float32 number above a finite one. */
export function nextUp(value: number): number {
  if (value === 0) return 2 ** -149
  bits.setFloat32(0, value)
  bits.setInt32(0, bits.getInt32(0) + (value > 0 ? 1 : -1))
  return bits.getFloat32(0)
}

/** The next float32 number below a finite one. */
export function nextDown(value: number): number {
  return -nextUp(-value)
}
