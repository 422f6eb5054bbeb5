import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { recheckFolder } from './recheck-folder.js'
import type { AskFlags } from './server-url.js'

/**
 * Runs the command line. Adding a folder in which nothing changed is the one command that is over sooner than what all commands need would
 * be loaded, so it is looked at first; whatever is unusual about it is left to the full program.
 */
export async function start(argv: readonly string[]): Promise<void> {
  if (await addUnchanged(argv.slice(2))) return
  const { main } = await import('./main.js')
  await main(argv)
}

/** False where something changed, where that cannot be told, and for every other command. */
async function addUnchanged([group, verb, ...rest]: readonly string[]): Promise<boolean> {
  if (group !== 'data' || verb !== 'add') return false
  const read = readAdding(rest)
  if (read === undefined) return false
  const added = await recheckFolder(read.path, read.flags)
  if (added === undefined) return false
  if (read.flags.json === true) {
    const { printJson } = await import('./print-json.js')
    printJson(added)
    return true
  }
  const { describeAdded } = await import('./describe-added.js')
  const { terminalLanguage } = await import('./terminal-language.js')
  process.stdout.write(describeAdded(added, terminalLanguage(read.flags.lang, process.env)))
  return true
}

type Adding = { readonly path: string; readonly flags: AskFlags & { readonly name: string } }

/** Undefined where the flags are not those of a plain `data add`. */
function readAdding(args: readonly string[]): Adding | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        url: { type: 'string' },
        lang: { type: 'string' },
        reason: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const { name, url, lang, json } = values
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0 || name === undefined) return undefined
    const language: AskFlags['lang'] = lang === 'en' || lang === 'fr' ? lang : undefined
    if (language !== lang) return undefined
    const flags: Adding['flags'] = {
      name,
      ...(url === undefined ? {} : { url }),
      ...(language === undefined ? {} : { lang: language }),
      ...(json === undefined ? {} : { json }),
    }
    return { path: resolve(path), flags }
  } catch {
    return undefined
  }
}
