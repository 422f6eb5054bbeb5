const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400 }

/** A duration as people write it, as `90d`, `1.5h` or `2h30m`, in seconds; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)\s*/gy)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text.trim()) return undefined
  const seconds = parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0), 0)
  // Thousandths are exact in binary only as a division.
  return Math.round(seconds * 1000) / 1000
}
