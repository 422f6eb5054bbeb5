import { routes } from '@fabrique/contract'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { onlineMessages } from '../online-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

export interface CheckFlags extends AskFlags {
  readonly keys?: string
}

const Checked = z.looseObject({ check_id: z.string() })

/** Compares a sample of keys online and offline, as a job of a server. Exit status 1 where something differs. */
export async function featuresCheck(project: string, view: string, flags: CheckFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const keys = Number(flags.keys ?? 200)
  if (!Number.isInteger(keys) || keys < 1 || keys > 10_000) throw wrongUse('--keys', 'a number from 1 to 10000')
  const params = { project, view }
  const job = await client.call(routes.checkFeatures, { params, body: { keys } })
  const { check_id } = Checked.parse((await followJob(client, job, { language, quiet: flags.json })).result)
  const { items } = await client.call(routes.listFeatureChecks, { params, query: { limit: 100 } })
  const found = items.find(({ id }) => id === check_id)
  if (found === undefined) return
  if (found.mismatches > 0) process.exitCode = 1
  if (flags.json === true) return printJson(found)
  const texts = onlineMessages(language)
  process.stdout.write(`${texts.checked(found.values, found.mismatches)}\n`)
  if (found.examples.length === 0) return
  const rows = found.examples.map(({ keys: of, feature, online, offline }) => [
    JSON.stringify(of),
    feature,
    JSON.stringify(online),
    JSON.stringify(offline),
  ])
  process.stdout.write(`\n${table([texts.keys, texts.feature, texts.online, texts.offline], rows)}`)
}
