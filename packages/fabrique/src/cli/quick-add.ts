import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { FilesAdded, Job } from '@fabrique/contract'
import { quickServer } from './quick-server.js'
import { quickPlace, recheckFolder } from './recheck-folder.js'
import { type AskFlags, serverUrl } from './server-url.js'
import { terminalLanguage } from './terminal-language.js'

/** Longer work is shown while it goes on; where nothing is shown, the server is asked as rarely as it lets itself be. */
const quietMs = 1_000
const silentMs = 10_000

/** Adds a folder, and prints what came of it. */
export async function quickAdd(adding: Adding, argv: readonly string[]): Promise<void> {
  const quick = await addQuickly(adding)
  if (quick.added !== undefined) return print(adding, quick.added)
  try {
    const { dataAdd } = await import('./commands/data-add.js')
    await dataAdd(adding.path, adding.flags, quick.job)
  } catch (error) {
    const { printFailure } = await import('./print-failure.js')
    process.exitCode = printFailure(error, argv)
  }
}

interface Quick {
  /** Absent where it is not over yet, ended otherwise, or where that cannot be told. */
  readonly added?: FilesAdded | undefined
  /** One that was begun. */
  readonly job?: Job | undefined
}

async function addQuickly({ path, flags }: Adding): Promise<Quick> {
  const { name, reason, json } = flags
  const place = quickPlace(name)
  const server = quickServer(serverUrl(flags), languageOf(flags))
  if (place === undefined || server === undefined) return {}
  try {
    const added = await recheckFolder(server, place, path)
    if (added !== undefined) return { added }
    const { addFolder } = await import('./add-folder.js')
    const waiting = json === true ? { waitMs: silentMs, untilOver: true } : { waitMs: quietMs, untilOver: false }
    return (await addFolder(server, { place, path, reason, ...waiting })) ?? {}
  } finally {
    server.close()
  }
}

async function print({ flags }: Adding, added: FilesAdded): Promise<void> {
  if (flags.json === true) {
    const { printJson } = await import('./print-json.js')
    printJson(added)
    return
  }
  const { describeAdded } = await import('./describe-added.js')
  process.stdout.write(describeAdded(added, languageOf(flags)))
}

const languageOf = (flags: AskFlags) => terminalLanguage(flags.lang, process.env)

export type Adding = {
  readonly path: string
  readonly flags: AskFlags & { readonly name: string; readonly reason: string }
}

/** Undefined for other commands, and where the flags are not those of a plain `data add`. */
export function readAdding([group, verb, ...args]: readonly string[]): Adding | undefined {
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
