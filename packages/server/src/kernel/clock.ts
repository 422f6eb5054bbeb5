/** The only way below `app` to learn the time; tests pass a fake one. */
export interface Clock {
  /** The current moment. */
  now(): Date
  /** Milliseconds on a clock that never goes back, for durations. */
  monotonicMs(): number
}
