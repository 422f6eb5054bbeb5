import { describeError } from './report-error.js'
import { terminalLanguage } from './terminal-language.js'

/** Prints why a command failed to standard error; gives its exit status. */
export function printFailure(error: unknown, argv: readonly string[]): number {
  const flag = argv.indexOf('--lang')
  const given = flag >= 0 ? argv[flag + 1] : process.env.FABRIQUE_LANG
  const language = terminalLanguage(given === 'fr' || given === 'en' ? given : undefined, process.env)
  const { text, exit } = describeError(error, language)
  process.stderr.write(text)
  return exit
}
