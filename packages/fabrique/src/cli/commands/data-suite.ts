import { readFile } from 'node:fs/promises'
import { type Json, type Language, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { checkMessages } from '../check-messages.js'
import { formatCount, formatMoment } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { datasetRef, findSnapshot } from '../snapshot-ref.js'
import { table } from '../table.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs: 600_000 })
  return { language, client, texts: checkMessages(language) }
}

/** Lists the suites that are kept for a data set. */
export async function suiteLs(place: string, flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { items } = await client.call(routes.listSuites, { params: { ...datasetRef(place, language) } })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noSuites}\n`)
    return
  }
  const rows = items.map(({ name, expectations, updated_at, updated_by }) => [
    name,
    formatCount(expectations.length, language),
    formatMoment(updated_at, language),
    updated_by,
  ])
  process.stdout.write(table([texts.suite, texts.expectations, texts.changed, texts.by], rows, [1]))
}

/** Prints a suite as Great Expectations writes it; `declared` is that of the project. */
export async function suiteGet(place: string, suite: string, flags: AskFlags): Promise<void> {
  const { client, language } = setUp(flags)
  printJson(await client.call(routes.getGxSuite, { params: { ...datasetRef(place, language), suite } }))
}

/** Keeps the suite of a file of JSON: ours, that of Great Expectations, or a list of expectations. */
export async function suitePut(
  place: string,
  suite: string,
  file: string,
  flags: AskFlags & { readonly reason: string },
): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { expectations, meta } = await readSuite(file, language)
  const body = { expectations, meta, reason: flags.reason }
  const kept = await client.call(routes.putSuite, { params: { ...datasetRef(place, language), suite }, body })
  if (flags.json === true) printJson(kept)
  else process.stdout.write(`${texts.kept(kept.name, kept.expectations.length)}\n`)
}

type Members = Record<string, Json>

async function readSuite(file: string, language: Language): Promise<{ expectations: Members[]; meta: Members }> {
  const texts = checkMessages(language)
  const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrongUse(file, texts.unreadable(reasonOf(error)))
  })
  let document: unknown
  try {
    document = JSON.parse(content.replace(/^\ufeff/, ''))
  } catch (error) {
    throw wrongUse(file, texts.notJson(reasonOf(error)))
  }
  const suite = Array.isArray(document) ? { expectations: document } : document
  const list = isRecord(suite) ? suite.expectations : undefined
  if (!isRecord(suite) || !Array.isArray(list) || !list.every(isRecord)) throw wrongUse(file, texts.noSuiteInFile)
  return { expectations: list, meta: isRecord(suite.meta) ? suite.meta : {} }
}

/** What JSON gave is JSON. */
function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Prints expectations that fit a snapshot, with the reason of each; as a suite that can be put with `--json`. */
export async function suitePropose(ref: string, flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const snapshot = await findSnapshot(client, ref, language)
  const { items } = await client.call(routes.proposeSuite, { params: { snapshot: snapshot.id } })
  if (flags.json === true) {
    const expectations = items.map(({ expectation, why }) => ({ ...expectation, notes: expectation.notes ?? why }))
    return printJson({ expectations, meta: { proposed_from: snapshot.id } })
  }
  process.stdout.write(`${texts.proposed(items.length)}\n`)
  for (const { expectation, why } of items) {
    const { type, kwargs, severity } = expectation
    process.stdout.write(`  ${texts.severity[severity]}  ${type} ${JSON.stringify(kwargs)}\n      ${why}\n`)
  }
}
