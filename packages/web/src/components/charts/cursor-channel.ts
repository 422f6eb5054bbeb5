/** One place on the x axis that several charts point at: the chart with the pointer or the focus, and its place. */
export interface ChartCursor {
  readonly x: number
  readonly owner: string
}

/** Carries the cursor between charts; give the same one to the charts that move together. */
export class CursorChannel {
  readonly #listeners = new Set<() => void>()
  #cursor: ChartCursor | undefined

  readonly get = (): ChartCursor | undefined => this.#cursor

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(cursor: ChartCursor | undefined): void {
    if (cursor?.x === this.#cursor?.x && cursor?.owner === this.#cursor?.owner) return
    this.#cursor = cursor
    for (const listener of this.#listeners) listener()
  }
}
