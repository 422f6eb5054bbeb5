import { createInterface } from 'node:readline/promises'
import type { Language } from '@fabrique/contract'

const yes: Readonly<Record<Language, RegExp>> = { en: /^y(es)?$/i, fr: /^(o(ui)?|y(es)?)$/i }
const shown: Readonly<Record<Language, string>> = { en: '[y/N]', fr: '[o/N]' }

/** Where the answer comes from, and where the question is shown. */
export interface AskedTerminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/** Asks on a terminal; what is not a yes, the end of the input included, is a no. */
export async function askYes(
  question: string,
  language: Language,
  terminal: AskedTerminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const lines = createInterface({ ...terminal })
  try {
    const ended = new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''))
    })
    const answer = await Promise.race([lines.question(`${question} ${shown[language]} `), ended])
    return yes[language].test(answer.trim())
  } finally {
    lines.close()
  }
}
