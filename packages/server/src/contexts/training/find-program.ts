import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A compiled program of this folder, by its name; also found where this runs from its sources in a tree that was built. */
export function findProgram(name: string): string {
  const beside = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  return existsSync(beside) ? beside : beside.replace(/([/\\])src([/\\]contexts[/\\])/, '$1dist$2')
}
