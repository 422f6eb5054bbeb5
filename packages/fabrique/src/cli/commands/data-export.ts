import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError, Problem, routePath, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { formatBytes } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface ExportFlags extends AskFlags {
  readonly format?: string
  readonly out?: string
}

const formats = ['csv', 'csv-fr', 'parquet', 'ndjson'] as const

/** The format that is asked for, or that the name of the file says. */
function formatOf({ format, out }: ExportFlags, expected: string): (typeof formats)[number] {
  const given = format ?? formats.find((known) => out?.endsWith(`.${known}`)) ?? 'csv'
  const found = formats.find((known) => known === given)
  if (found === undefined) throw wrongUse('--format', expected)
  return found
}

/** Writes the rows of a snapshot to a file, complete or not at all, or to standard output. */
export async function dataExport(ref: string, flags: ExportFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  const format = formatOf(flags, texts.formats)
  const client = apiClient({ url: serverUrl(flags), language })
  const { id } = await findSnapshot(client, ref, language)
  const address = new URL(`${serverUrl(flags)}${routePath(routes.exportSnapshot, { snapshot: id })}`)
  address.searchParams.set('format', format)
  const reply = await fetch(address)
  if (!reply.ok || reply.body === null) {
    const problem = Problem.safeParse(await reply.json().catch(() => undefined))
    if (problem.success) throw new FabriqueError(problem.data.code, problem.data.params as never)
    throw new FabriqueError('server_not_running', { address: address.origin })
  }
  const body = Readable.fromWeb(reply.body as never)
  if (flags.out === undefined) {
    for await (const chunk of body) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    return
  }
  const part = `${flags.out}.part`
  try {
    await pipeline(body, createWriteStream(part))
    await rename(part, flags.out)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  const { size } = await stat(flags.out)
  if (flags.json === true) printJson({ snapshot_id: id, format, file: flags.out, bytes: size })
  else process.stdout.write(`${texts.written(flags.out, formatBytes(size, language))}\n`)
}
