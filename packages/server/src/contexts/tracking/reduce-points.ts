/** One point of a chart. The value is NaN where the metric was. */
export interface ChartPoint {
  readonly step: number
  readonly timestampMs: number
  readonly value: number
}

/**
 * Takes the `total` points of a series in order and keeps at most `most` of them (at least 2), in order: the first, the last,
 * and of each of equally long parts between them the smallest and the largest value, so that no peak is lost. Of equal values
 * the first is kept; of a part with nothing but NaN, its first point. Needs the memory of what it keeps.
 */
export class PointReducer {
  readonly #total: number
  readonly #most: number
  readonly #parts: number
  readonly #kept: ChartPoint[] = []
  #seen = 0
  #part = 0
  #first: ChartPoint | undefined
  #smallest: { readonly point: ChartPoint; readonly place: number } | undefined
  #largest: { readonly point: ChartPoint; readonly place: number } | undefined

  constructor(total: number, most: number) {
    this.#total = total
    this.#most = most
    this.#parts = Math.floor((most - 2) / 2)
  }

  add(point: ChartPoint): void {
    const place = this.#seen
    this.#seen += 1
    if (this.#total <= this.#most || place === 0) {
      this.#kept.push(point)
      return
    }
    if (place >= this.#total - 1) {
      // Points that were added since they were counted come after the last: the newest of them stands for all.
      if (place >= this.#total) this.#kept.pop()
      else this.#endPart()
      this.#kept.push(point)
      return
    }
    if (this.#parts === 0) return
    const part = Math.floor(((place - 1) * this.#parts) / (this.#total - 2))
    if (part !== this.#part) this.#endPart()
    this.#part = part
    this.#first ??= point
    if (Number.isNaN(point.value)) return
    if (this.#smallest === undefined || point.value < this.#smallest.point.value) this.#smallest = { point, place }
    if (this.#largest === undefined || point.value > this.#largest.point.value) this.#largest = { point, place }
  }

  /** What was kept. To be called once, at the end. */
  points(): readonly ChartPoint[] {
    // Fewer came than were counted: what is left of the last part counts all the same.
    if (this.#seen < this.#total) this.#endPart()
    return this.#kept.slice(0, this.#total <= this.#most ? this.#most : undefined)
  }

  #endPart(): void {
    const [smallest, largest] = [this.#smallest, this.#largest]
    if (smallest === undefined || largest === undefined) {
      if (this.#first !== undefined) this.#kept.push(this.#first)
    } else if (smallest.place === largest.place) this.#kept.push(smallest.point)
    else if (smallest.place < largest.place) this.#kept.push(smallest.point, largest.point)
    else this.#kept.push(largest.point, smallest.point)
    this.#first = undefined
    this.#smallest = undefined
    this.#largest = undefined
  }
}
