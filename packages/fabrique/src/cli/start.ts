import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { recheckFolder } from './recheck-folder.js'
import type { AskFlags } from './server-url.js'

/**
 * Runs the command line. Adding files is over sooner than what all commands need would be loaded, the more so where nothing changed, so it
 * is looked at first; whatever is unusual about it is left to the full program.
 */
export async function start(argv: readonly string[]): Promise<void> {
  const adding = readAdding(argv.slice(2))
  if (adding === undefined) {
    const { main } = await import('./main.js')
    await main(argv)
    return
  }
  if (await addUnchanged(adding)) return
  try {
    const { dataAdd } = await import('./commands/data-add.js')
    await dataAdd(adding.path, adding.flags)
  } catch (error) {
    const { printFailure } = await import('./print-failure.js')
    process.exitCode = printFailure(error, argv)
  }
}

/** False where something changed, and where that cannot be told. */
async function addUnchanged(read: Adding): Promise<boolean> {
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

type Adding = { readonly path: string; readonly flags: AskFlags & { readonly name: string; readonly reason: string } }

/** Undefined for other commands, and where the flags are not those of a plain `data add`. */
function readAdding([group, verb, ...args]: readonly string[]): Adding | undefined {
  if (group !== 'data' || verb !== 'add') return undefined
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        url: { type: 'string' },
        lang: { type: 'string' },
        reason: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const { name, url, lang, json, reason = '' } = values
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0 || name === undefined) return undefined
    const language: AskFlags['lang'] = lang === 'en' || lang === 'fr' ? lang : undefined
    if (language !== lang) return undefined
    const flags: Adding['flags'] = {
      name,
      reason,
      ...(url === undefined ? {} : { url }),
      ...(language === undefined ? {} : { lang: language }),
      ...(json === undefined ? {} : { json }),
    }
    return { path: resolve(path), flags }
  } catch {
    return undefined
  }
}
