import { join, relative, resolve } from 'node:path'
import type { Language } from '@fabrique/contract'
import { initProject } from '../../project/init-project.js'
import type { ProjectTemplate } from '../../project/project-templates.js'
import { initMessages } from '../init-messages.js'
import { printJson } from '../print-json.js'
import { terminalLanguage } from '../terminal-language.js'

interface InitFlags {
  readonly template: ProjectTemplate
  readonly json?: boolean
  readonly lang?: Language
}

/** Writes a new project, and tells how to go on. */
export async function init(dir: string, { template, json, lang }: InitFlags): Promise<void> {
  const folder = resolve(dir)
  const files = initProject(folder, template)
  if (json === true) return printJson({ folder, template, files })
  const texts = initMessages(terminalLanguage(lang, process.env))
  const place = shellWord(relative(process.cwd(), folder) || '.')
  // As it was called: by npx, or installed for all folders.
  const start = `${process.env.npm_command === 'exec' ? 'npx ' : ''}fabrique up ${place}`
  const steps: readonly (readonly [string, string])[] = [
    [start, texts.start],
    [join(place, 'README.md'), texts.read],
  ]
  const width = Math.max(...steps.map(([command]) => command.length))
  const lines = steps.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`)
  process.stdout.write(`${texts.written(folder)}\n\n${texts.next}\n${lines.join('\n')}\n`)
}

/** A path as a shell takes it. */
function shellWord(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
