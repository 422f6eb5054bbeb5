import { explainConfig } from '@fabrique/server'
import pc from 'picocolors'
import { configOf } from '../config-of.js'
import { messages, terminalLanguage } from '../messages.js'

/** Prints every setting with its value and where it comes from; secrets are hidden. */
export function config(dir: string, flags: Readonly<Record<string, unknown>>): void {
  const values = configOf(dir, flags)
  const rows = explainConfig(values)
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    return
  }
  const texts = messages(terminalLanguage(values.language, process.env))
  const width = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, value, origin, unit, env, description } of rows) {
    const shown = `${value === '' ? pc.dim('-') : value}${unit === '' || value === '' ? '' : ` ${unit}`}`
    process.stdout.write(`${pc.bold(name.padEnd(width))}  ${shown}  ${pc.dim(`${texts.from} ${origin}`)}\n`)
    if (flags.explain === true) process.stdout.write(`${' '.repeat(width)}  ${pc.dim(`${description} (${env})`)}\n`)
  }
}
