import { availableParallelism } from 'node:os'
import type { Language } from '@fabrique/contract'
import { describeProfile } from '../describe-profile.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'

export interface ProfileFlags {
  readonly json?: boolean
  readonly lang?: Language
}

/** Prints the figures of each column of a plain file; needs no server. */
export async function dataProfile(path: string, flags: ProfileFlags): Promise<void> {
  // Loaded at use: the engine costs more than the rest of the command line.
  const { openFileEngine, profileFile } = await import('@fabrique/server/check-files')
  const engine = await openFileEngine({ threads: availableParallelism() })
  try {
    const profile = await profileFile(engine, path)
    if (flags.json === true) printJson(profile)
    else process.stdout.write(describeProfile(profile, terminalLanguage(flags.lang, process.env)))
  } finally {
    await engine.close()
  }
}
