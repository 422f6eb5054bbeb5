/** An item whose function takes less is quick. */
const quickMs = 0.5

/** What one item counts for at most: a pause of the machine says nothing of the next ones. */
const countedMsMax = 1

/** Where items are quick, so many are begun for each place beside the one that has it: they have theirs after a few milliseconds. */
const aheadOfPlace = 4

/** An item that was begun and has no place after this comes after others that were not quick. */
const placelessMs = 50

interface Waiting {
  readonly name: string
  readonly sinceMs: number
  /** Whether nothing is lost where its beginning is taken back. */
  readonly isFirst: boolean
  givenBack?: Promise<unknown>
  resolve(): void
  reject(error: unknown): void
}

export interface MapPlacesOptions {
  /** Items at work at once. */
  readonly count: number
  /** Whether items may be begun before they have a place. */
  readonly mayBeAhead: boolean
  /** Takes the beginning of items back that have not begun to work. */
  readonly giveBack: (names: readonly string[]) => Promise<unknown>
}

/**
 * The places of the items of a map. Each beginning is on record before the function of the item runs, and that takes longer than quick
 * functions do: of those, many are begun together. What has no place soon was begun too early: that is taken back, so that what the record
 * calls running does run.
 */
export class MapPlaces {
  readonly #options: MapPlacesOptions
  readonly #waiting: Waiting[] = []
  #free: number
  /** Items that are begun, or about to be, and not over. */
  #open = 0
  #averageMs = countedMsMax
  #timer: NodeJS.Timeout | undefined
  #leaving: { readonly names: string[]; readonly done: Promise<unknown> } | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: MapPlacesOptions) {
    this.#options = options
    this.#free = options.count
  }

  /** Whether another item may begin. */
  get hasRoom(): boolean {
    const { count, mayBeAhead } = this.#options
    return this.#open < (mayBeAhead && this.#averageMs < quickMs ? (1 + aheadOfPlace) * count : count)
  }

  /** An item is about to begin. */
  open(): void {
    this.#open += 1
  }

  /** Waits for a place of an item that has begun. False where that was taken back meanwhile: it has a place, and begins anew. */
  async take(name: string, attempt: number): Promise<boolean> {
    const isFirst = attempt === 1
    if (this.#failure !== undefined && isFirst) {
      await this.#giveBack(name)
      throw this.#failure.error
    }
    if (this.#free > 0) {
      this.#free -= 1
      return true
    }
    const own = await new Promise<Waiting>((resolve, reject) => {
      const waiting: Waiting = { name, isFirst, sinceMs: performance.now(), resolve: () => resolve(waiting), reject }
      this.#waiting.push(waiting)
      this.#timer ??= setTimeout(() => this.#takeBack(), placelessMs)
    })
    if (own.givenBack === undefined) return true
    try {
      await own.givenBack
      if (this.#failure !== undefined) throw this.#failure.error
    } catch (error) {
      this.#pass()
      throw error
    }
    return false
  }

  /** An item is over; `ms` is how long its function took, of one that had a place. */
  leave(ms: number | undefined): void {
    this.#open -= 1
    if (ms === undefined) return
    this.#averageMs += (Math.min(ms, countedMsMax) - this.#averageMs) / 8
    // One that was not quick lets the loop turn: what it holds up, a cancel and the timer of this too, is to be seen before the next one.
    if (ms > quickMs) setImmediate(() => this.#pass())
    else this.#pass()
  }

  /** After an item that failed no other begins to work, but for what was begun before this execution. */
  stop(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { error }
    const waiting = this.#waiting.splice(0)
    for (const one of waiting) {
      if (!one.isFirst) this.#waiting.push(one)
      else (one.givenBack ?? this.#giveBack(one.name)).then(() => one.reject(error), one.reject)
    }
    this.#endTimer()
  }

  /** A place is free: the next one has it. */
  #pass(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next.resolve()
    this.#endTimer()
  }

  #endTimer(): void {
    if (this.#waiting.length > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #takeBack(): void {
    const [oldest] = this.#waiting
    if (oldest === undefined) return
    const ageMs = performance.now() - oldest.sinceMs
    if (ageMs < placelessMs) {
      this.#timer = setTimeout(() => this.#takeBack(), placelessMs - ageMs)
      return
    }
    this.#timer = undefined
    this.#averageMs = countedMsMax
    for (const one of this.#waiting) {
      if (!one.isFirst || one.givenBack !== undefined) continue
      one.givenBack = this.#giveBack(one.name)
      // Whoever waits for it is told.
      one.givenBack.catch(() => {})
    }
  }

  /** What is given back in one turn of the loop goes together. */
  #giveBack(name: string): Promise<unknown> {
    if (this.#leaving === undefined) {
      const names: string[] = []
      const done = new Promise((resolve) => setImmediate(resolve)).then(() => {
        this.#leaving = undefined
        return this.#options.giveBack(names)
      })
      this.#leaving = { names, done }
    }
    this.#leaving.names.push(name)
    return this.#leaving.done
  }
}
