import { writeFile } from 'node:fs/promises'
import { type AliasMove, FabriqueError, routePath, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { toError } from '../../client/api-client.js'
import { authorization } from '../../client/api-key.js'
import { apiClient } from '../../client/index.js'
import { formatMoment } from '../format.js'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { table } from '../table.js'
import { type AskFlags, serverUrl } from './status.js'

export interface ReasonFlags extends AskFlags {
  readonly reason: string
}

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: messages(language).models }
}

/** Lists the registered models, or the versions of one. */
export async function modelsLs(name: string | undefined, flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  if (name === undefined) {
    const { items } = await client.call(routes.listModels, { query: { limit: 1000 } })
    if (flags.json === true) return printJson(items)
    const rows = items.map((model) => [
      model.name,
      String(model.version_count),
      Object.entries(model.aliases)
        .map(([alias, version]) => `${alias} → ${version}`)
        .join(', '),
      formatMoment(model.updated_at, language),
    ])
    process.stdout.write(table([texts.model, texts.versions, texts.aliases, texts.changed], rows, [1]))
    return
  }
  const model = await client.call(routes.getModel, { params: { model: name } })
  if (flags.json === true) return printJson(model)
  const rows = model.versions.map((version) => [
    version.version,
    version.aliases.map((alias) => pc.green(alias)).join(', '),
    version.stage === 'None' ? '' : version.stage,
    version.run_id ?? '',
    formatMoment(version.created_at, language),
  ])
  process.stdout.write(table([texts.version, texts.aliases, texts.stage, texts.run, texts.created], rows, [0]))
}

/** Points an alias to a version. */
export async function modelsAlias(model: string, alias: string, version: string, flags: ReasonFlags): Promise<void> {
  const { client } = setUp(flags)
  const body = { version, reason: flags.reason }
  printMove(model, await client.call(routes.moveAlias, { params: { model, alias }, body }), flags)
}

/** Points an alias to where it pointed before its last move. */
export async function modelsRollback(model: string, alias: string, flags: ReasonFlags): Promise<void> {
  const { client } = setUp(flags)
  const body = { reason: flags.reason }
  printMove(model, await client.call(routes.rollbackAlias, { params: { model, alias }, body }), flags)
}

function printMove(model: string, move: AliasMove, flags: AskFlags): void {
  const { texts } = setUp(flags)
  if (flags.json === true) printJson(move)
  else
    process.stdout.write(`${texts.moved(`${model}@${move.alias}`, move.from_version ?? '-', move.to_version ?? '-')}\n`)
}

/** Lists who changed what of a model, when and why. */
export async function modelsHistory(model: string, flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { items } = await client.call(routes.listModelHistory, { params: { model }, query: { limit: 200 } })
  if (flags.json === true) return printJson(items)
  const rows = items.map((change) => [
    formatMoment(change.at, language),
    change.actor,
    [change.what, change.version, change.key].filter((part) => part !== undefined).join(' '),
    `${change.from ?? '-'} → ${change.to ?? '-'}`,
    change.reason,
  ])
  process.stdout.write(table([texts.when, texts.who, texts.what, texts.change, texts.reason], rows))
}

/** Writes the source of a typed client of one model to a file or to standard output. */
export async function modelsClient(model: string, flags: AskFlags & { readonly out?: string }): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const address = new URL(`${serverUrl(flags)}${routePath(routes.getModelClient, { model })}`)
  const headers = { 'accept-language': language, ...authorization() }
  const reply = await fetch(address, { headers }).catch((error: unknown) => {
    throw new FabriqueError('server_not_running', { address: address.origin }, { cause: error })
  })
  if (!reply.ok) throw await toError(await reply.json().catch(() => undefined), reply.status, address.origin)
  const source = await reply.text()
  if (flags.out === undefined) process.stdout.write(source)
  else await writeFile(flags.out, source)
}
