import { routes, type TrashKind } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { formatBytes, formatMoment } from '../format.js'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { table } from '../table.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

const kinds: readonly TrashKind[] = ['experiment', 'run', 'logged_model']

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs: 600_000 })
  return { language, client, texts: messages(language).trash }
}

/** `run:<id>` names a thing in the trash; an id alone is that of a run. */
function thingOf(text: string): { readonly kind: TrashKind; readonly id: string } {
  const [first = '', ...rest] = text.split(':')
  if (rest.length === 0) return { kind: 'run', id: first }
  const kind = kinds.find((known) => known === first)
  if (kind === undefined) throw wrongUse(text, `one of ${kinds.join(', ')} stands before the colon`)
  return { kind, id: rest.join(':') }
}

/** Lists what was deleted and can be brought back. */
export async function trashLs(flags: AskFlags & { readonly kind?: string }): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const kind = kinds.find((known) => known === flags.kind)
  if (flags.kind !== undefined && kind === undefined) throw wrongUse('--kind', `one of ${kinds.join(', ')}`)
  const query = { limit: 1000, ...(kind === undefined ? {} : { kind }) }
  const { items, next_page_token } = await client.call(routes.listTrash, { query })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.empty}\n`)
    return
  }
  const rows = items.map((item) => [
    `${item.kind}:${item.id}`,
    item.name,
    item.kind === 'experiment' ? texts.runs(item.run_count ?? 0) : item.experiment,
    formatMoment(item.deleted_at, language),
    formatBytes(item.artifact_bytes, language),
  ])
  process.stdout.write(table([texts.thing, texts.name, texts.experiment, texts.deleted, texts.size], rows, [4]))
  if (next_page_token !== undefined) process.stdout.write(`${texts.more}\n`)
}

/** Brings things back. */
export async function trashRestore(things: readonly string[], flags: AskFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const reply = await client.call(routes.restoreTrash, { body: { items: things.map(thingOf) } })
  if (flags.json === true) printJson(reply)
  else process.stdout.write(`${texts.restored(reply.restored)}\n`)
}

/** Erases things for good: those named, or all that were deleted longer ago than some days. */
export async function trashPurge(
  things: readonly string[],
  flags: AskFlags & { readonly olderThan?: string; readonly yes?: boolean },
): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const days = flags.olderThan === undefined ? undefined : Number(flags.olderThan)
  if ((things.length === 0) === (days === undefined)) throw wrongUse('purge', texts.nameOrDays)
  if (days !== undefined && !(days >= 0)) throw wrongUse('--older-than', texts.daysExpected)
  if (flags.yes !== true) throw wrongUse('purge', texts.confirm)
  const body = days === undefined ? { items: things.map(thingOf) } : { older_than_days: days }
  const reply = await client.call(routes.purgeTrash, { body })
  if (flags.json === true) return printJson(reply)
  process.stdout.write(
    `${texts.purged(reply.experiments, reply.runs, reply.logged_models, formatBytes(reply.bytes_freed, language))}\n`,
  )
  if (reply.kept > 0) process.stdout.write(`${texts.kept(reply.kept)}\n`)
}
