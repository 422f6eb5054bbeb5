/** A script as the process that watches it gets it. */
export interface ScriptToRun {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Where its output is written. */
  readonly logFile: string
  readonly logBytesMax: number
  readonly timeoutMs: number
}

/** What that process tells. */
export type ScriptTold =
  | { readonly kind: 'started'; readonly pid: number }
  /** The newest line that it wrote. */
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'missing'; readonly reason: string }
  | {
      readonly kind: 'ended'
      /** `status 0`, or a signal. */
      readonly status: string
      readonly isTimeout: boolean
      /** Its last lines. */
      readonly tail: string
    }
