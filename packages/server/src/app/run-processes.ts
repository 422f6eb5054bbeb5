import type { FabriqueError } from '@fabrique/contract'
import { startPart } from './supervised-part.js'

export interface ProcessesOptions {
  readonly count: number
  /** The command line program, which each is started from. */
  readonly program: string
  /** Arguments of one, by its number from 1. */
  readonly args: (number: number) => readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Runs several predictors behind one port, and starts again the one that dies, until a signal. Throws the reason where the first cannot
 * start, or one keeps dying.
 */
export async function runProcesses({ count, program, args, env }: ProcessesOptions): Promise<void> {
  const parts: ReturnType<typeof startPart>[] = []
  let giveUp: (error: FabriqueError) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  try {
    for (let number = 1; number <= count; number += 1) {
      const part = startPart({
        name: 'predictor',
        program,
        args: args(number),
        env,
        sharesPort: true,
        // It says itself in its log why it ended.
        onRestart: () => {},
        onAdminLink: () => {},
        onGiveUp: (error) => giveUp(error),
      })
      parts.push(part)
      await Promise.race([part.ready, failed])
    }
    await Promise.race([stopped, failed])
  } finally {
    await Promise.all(parts.map((part) => part.stop()))
  }
}
