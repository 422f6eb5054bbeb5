/** A script as the process that watches it gets it. */
export interface ScriptToRun {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Where its output is written, where it is kept as a whole. */
  readonly logFile?: string
  /** Whether all lines are told as they come, and not the newest one alone. */
  readonly tellsLines?: boolean
  readonly logBytesMax: number
  readonly timeoutMs: number
}

export interface ScriptLine {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** What that process tells. */
export type ScriptTold =
  | { readonly kind: 'started'; readonly pid: number }
  /** The newest line that it wrote. */
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'lines'; readonly lines: readonly ScriptLine[]; readonly dropped: number }
  | { readonly kind: 'missing'; readonly reason: string }
  | {
      readonly kind: 'ended'
      /** `status 0`, or a signal. */
      readonly status: string
      readonly isTimeout: boolean
      /** Its last lines. */
      readonly tail: string
    }
