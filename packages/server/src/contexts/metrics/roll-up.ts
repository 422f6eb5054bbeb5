import { beginsWithProcess, type Level, type Sample } from './model.js'

/** All series of a process over some time, by their place. */
export interface Frame {
  readonly at: Date
  readonly step_s: Level
  readonly seen_s: number
  readonly value: readonly (number | null)[]
  readonly low?: readonly (number | null)[]
  readonly high?: readonly (number | null)[]
}

/** Longer without a frame, and nothing is known of what happened meanwhile. */
export const gapSecondsMax = 60

/** What a counter grew by between two looks; undefined where that is not known. */
export function increaseOf(name: string, before: number | null | undefined, now: number): number | undefined {
  // Not there a moment ago: counted from zero since.
  if (before === null || before === undefined) return beginsWithProcess(name) ? now : undefined
  // A process that began again counts from zero.
  return now >= before ? now - before : now
}

export interface PlacedSeries {
  readonly name: string
  readonly kind: Sample['kind']
}

/** Puts fine frames together to those of one coarser step, which follow from them alone. */
export class RollUp {
  readonly #step: Level
  readonly #seriesAt: (place: number) => PlacedSeries | undefined
  #at: number | undefined
  #seen = 0
  #sums: number[] = []
  #counts: number[] = []
  #lows: number[] = []
  #highs: number[] = []

  constructor(step: Level, seriesAt: (place: number) => PlacedSeries | undefined) {
    this.#step = step
    this.#seriesAt = seriesAt
  }

  /** Adds a fine frame; gives the frame of a step that is over with it. */
  add(fine: Frame, before: Frame | undefined): Frame | undefined {
    const seconds = fine.at.getTime() / 1000
    const at = Math.floor(seconds / this.#step) * this.#step
    const over = this.#at !== undefined && at !== this.#at ? this.#close(this.#at) : undefined
    this.#at = at
    const since = before === undefined ? undefined : seconds - before.at.getTime() / 1000
    const isNext = since !== undefined && since <= gapSecondsMax
    this.#seen += isNext ? since : 0
    for (const [index, value] of fine.value.entries()) {
      const series = this.#seriesAt(index)
      if (value === null || series === undefined) continue
      const told =
        series.kind === 'gauge' ? value : isNext ? increaseOf(series.name, before?.value[index], value) : undefined
      if (told === undefined) continue
      this.#sums[index] = (this.#sums[index] ?? 0) + told
      this.#counts[index] = (this.#counts[index] ?? 0) + 1
      if (series.kind === 'counter') continue
      this.#lows[index] = Math.min(this.#lows[index] ?? told, told)
      this.#highs[index] = Math.max(this.#highs[index] ?? told, told)
    }
    return over
  }

  #close(at: number): Frame {
    const size = this.#sums.length
    const each = (read: (index: number) => number | undefined) =>
      Array.from({ length: size }, (_, index) => read(index) ?? null)
    const frame: Frame = {
      at: new Date(at * 1000),
      step_s: this.#step,
      seen_s: Math.min(this.#seen, this.#step),
      value: each((index) => {
        const [sum, count] = [this.#sums[index], this.#counts[index]]
        if (sum === undefined || count === undefined) return undefined
        return this.#seriesAt(index)?.kind === 'gauge' ? sum / count : sum
      }),
      low: each((index) => this.#lows[index]),
      high: each((index) => this.#highs[index]),
    }
    this.#seen = 0
    this.#sums = []
    this.#counts = []
    this.#lows = []
    this.#highs = []
    return frame
  }
}
