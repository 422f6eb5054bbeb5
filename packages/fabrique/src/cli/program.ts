// What every command loads is little: a command is over sooner than the schemas of all routes are made.
import { fabriqueVersion } from '@fabrique/contract/version'
import { Command } from 'commander'

/** The command line without a verb. */
export function newProgram(): Command {
  return new Command('fabrique')
    .description('The whole machine-learning operations loop in one program')
    .version(fabriqueVersion)
    .showHelpAfterError()
    .exitOverride()
}

/** Runs the verb that is asked for; never throws: failures are printed and give the exit status. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(argv as string[])
  } catch (error) {
    process.exitCode = await failed(error, argv)
  }
}

async function failed(error: unknown, argv: readonly string[]): Promise<number> {
  // Commander has printed its message; its own status is 1 for wrong use, which is 2 here.
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return 'exitCode' in error && error.exitCode === 0 ? 0 : 2
  }
  const { printFailure } = await import('./print-failure.js')
  return printFailure(error, argv)
}
