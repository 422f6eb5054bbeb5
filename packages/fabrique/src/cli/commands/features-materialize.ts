import { routes } from '@fabrique/contract'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatCount } from '../format.js'
import { onlineMessages } from '../online-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

export interface MaterializeFlags extends AskFlags {
  readonly full?: boolean
  readonly start?: string
  readonly end?: string
  readonly reason?: string
}

const Made = z.looseObject({
  views: z.array(
    z.looseObject({ view: z.string(), version: z.number(), keys_written: z.number(), keys_older: z.number() }),
  ),
})

/** Brings the newest values of views to the online store, as a job of a server. */
export async function featuresMaterialize(
  project: string,
  views: readonly string[],
  flags: MaterializeFlags,
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { full = false, start, end, reason = '' } = flags
  const job = await client.call(routes.startMaterialize, {
    params: { project },
    body: {
      ...(views.length === 0 ? {} : { views: [...views] }),
      full,
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      reason,
    },
  })
  const ended = await followJob(client, job, { language, quiet: flags.json })
  const made = Made.parse(ended.result)
  if (flags.json === true) return printJson(made)
  const texts = onlineMessages(language)
  const rows = made.views.map(({ view, version, keys_written, keys_older }) => [
    view,
    String(version),
    formatCount(keys_written, language),
    formatCount(keys_older, language),
  ])
  process.stdout.write(table([texts.view, texts.version, texts.written, texts.older], rows, [1, 2, 3]))
}
