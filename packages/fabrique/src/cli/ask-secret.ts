import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks for a text: shown while it is typed on a terminal, else the next line of the input. */
export async function askText(question: string): Promise<string> {
  return ask(question, false)
}

/** Asks for a secret, which is not shown while it is typed; without a terminal it is the next line of the input. */
export async function askSecret(question: string): Promise<string> {
  return ask(question, true)
}

/** Lines of an input that is no terminal, read as they are asked for. */
let lines: AsyncIterator<string> | undefined

async function ask(question: string, isHidden: boolean): Promise<string> {
  if (process.stdin.isTTY !== true) {
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]()
    const { value, done } = await lines.next()
    return done === true ? '' : String(value)
  }
  process.stderr.write(`${question}: `)
  const silent = new Writable({ write: (_chunk, _encoding, written) => written() })
  const asked = createInterface({ input: process.stdin, output: isHidden ? silent : process.stderr, terminal: true })
  try {
    const ended = new Promise<string>((resolve) => asked.once('close', () => resolve('')))
    return await Promise.race([asked.question(''), ended])
  } finally {
    asked.close()
    if (isHidden) process.stderr.write('\n')
  }
}
