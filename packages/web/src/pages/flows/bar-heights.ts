import type { Flow } from '@fabrique/contract'

const highest = 28
const lowest = 6

/** Heights of bars in pixels, by the root of the time that each run took: short runs stay visible beside long ones. */
export function barHeights(bars: readonly Pick<Flow['bars'][number], 'duration_ms'>[]): readonly number[] {
  const longest = Math.max(...bars.map(({ duration_ms: ms }) => ms ?? 0), 1)
  return bars.map(({ duration_ms: ms }) =>
    ms === undefined ? lowest : Math.round(lowest + (highest - lowest) * Math.sqrt(ms / longest)),
  )
}
