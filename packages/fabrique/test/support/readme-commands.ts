import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

/** A `curl` command of a README, and the answer that it shows below it. */
export interface ShownCommand {
  readonly command: string
  readonly answer: unknown
}

/** The `curl` commands of a README with their answers, in their order; one without a JSON answer has none. */
export function shownCommands(path: string): readonly ShownCommand[] {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(sh|json)\n([\s\S]*?)^```/gm)]
  return blocks.flatMap(([, kind, text = ''], index) => {
    if (kind !== 'sh' || !text.startsWith('curl ')) return []
    const [, next, answer = ''] = blocks[index + 1] ?? []
    return [{ command: text.trim(), answer: next === 'json' ? JSON.parse(answer) : undefined }]
  })
}

const shownUrl = 'http://127.0.0.1:8000'

/** Runs a shown command against a server elsewhere; gives what it prints, with the address that is shown. */
export async function runShown({ command }: ShownCommand, url: string, folder?: string): Promise<string> {
  const moved = command.replaceAll(shownUrl, url).replace('curl', 'curl -sS')
  const { stdout } = await promisify(execFile)('bash', ['-c', moved], folder === undefined ? {} : { cwd: folder })
  return stdout.replaceAll(url, shownUrl)
}

/**
 * What of an answer differs from the one that is shown; nothing when it is that. `…` stands for anything in a text, and for more fields
 * of an object. Numbers are the same to two percent: figures differ a little from machine to machine.
 */
export function differences(shown: unknown, actual: unknown, place = ''): readonly string[] {
  const wrong = [`${place}: ${JSON.stringify(actual)} instead of ${JSON.stringify(shown)}`]
  if (typeof shown === 'string') return isLike(shown, actual) ? [] : wrong
  if (typeof shown === 'number') {
    return typeof actual === 'number' && Math.abs(actual - shown) <= 0.02 * Math.abs(shown) + 1e-3 ? [] : wrong
  }
  if (typeof shown !== 'object' || shown === null) return shown === actual ? [] : wrong
  if (typeof actual !== 'object' || actual === null || Array.isArray(shown) !== Array.isArray(actual)) return wrong
  const { '…': more, ...fields } = shown as Record<string, unknown>
  const known = new Map<string, unknown>(Object.entries(actual))
  const extra = more === undefined ? [...known.keys()].filter((name) => !(name in fields)) : []
  return [
    ...extra.map((name) => `${place}.${name} is not shown`),
    ...Object.entries(fields).flatMap(([name, value]) => differences(value, known.get(name), `${place}.${name}`)),
  ]
}

function isLike(shown: string, actual: unknown): boolean {
  if (shown === '…') return actual !== undefined
  const parts = shown.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return typeof actual === 'string' && new RegExp(`^${parts.join('.+')}$`, 's').test(actual)
}
