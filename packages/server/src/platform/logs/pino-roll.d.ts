declare module 'pino-roll' {
  import type { SonicBoom, SonicBoomOpts } from 'sonic-boom'

  interface RollOptions extends Omit<SonicBoomOpts, 'dest' | 'fd'> {
    readonly file: string
    readonly extension?: string
    readonly size?: string | number
    readonly frequency?: 'daily' | 'hourly' | number
    readonly limit?: { readonly count: number }
  }

  /** Opens a stream into a file that rotates by size and time. */
  export default function pinoRoll(options: RollOptions): Promise<SonicBoom>
}
