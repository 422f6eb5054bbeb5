declare module 'pino-roll' {
  import type { DestinationStream } from 'pino'

  /** The part of a buffered file stream that the logger uses. */
  interface RollingFile extends DestinationStream {
    flush(done: (error?: Error) => void): void
    end(): void
    on(event: 'error', listener: (error: Error) => void): this
  }

  interface RollOptions {
    readonly file: string
    readonly extension?: string
    readonly size?: string | number
    readonly frequency?: 'daily' | 'hourly' | number
    readonly limit?: { readonly count: number }
    readonly mkdir?: boolean
    readonly minLength?: number
    readonly maxLength?: number
    readonly periodicFlush?: number
    readonly sync?: boolean
  }

  /** Opens a stream into a file that rotates by size and time. */
  export default function pinoRoll(options: RollOptions): Promise<RollingFile>
}
