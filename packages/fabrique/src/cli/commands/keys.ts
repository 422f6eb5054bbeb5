import { ApiKeyRequest, type NewApiKey, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { authMessages } from '../auth-messages.js'
import { formatMoment } from '../format.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: authMessages(language) }
}

/** Lists one's keys, or those of all. */
export async function keysLs(flags: AskFlags & { readonly all?: boolean }): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { items } = await client.call(routes.listApiKeys, { query: { all: flags.all === true ? 'true' : 'false' } })
  if (flags.json === true) return printJson({ items })
  if (items.length === 0) {
    process.stdout.write(`${texts.noKeys}\n`)
    return
  }
  const moment = (at: string | undefined) => (at === undefined ? texts.never : formatMoment(at, language))
  const rows = items.map((key) => [
    key.id,
    key.name,
    key.user ?? texts.program,
    key.scopes?.join(', ') ?? texts.all,
    key.models?.join(', ') ?? texts.all,
    texts.keyStates[key.state],
    moment(key.expires_at),
    moment(key.last_used_at),
  ])
  const header = [texts.key, texts.name, texts.user, texts.scopes, texts.models, texts.state]
  process.stdout.write(table([...header, texts.expires, texts.lastUsed], rows))
}

interface AddFlags extends AskFlags {
  readonly scope: readonly string[]
  readonly model: readonly string[]
  readonly days: string
  readonly user?: string
}

/** Makes a key and prints it on standard output, with nothing else there. */
export async function keysAdd(name: string, flags: AddFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const days = wholeNumber('days', flags.days, texts.numberExpected)
  const asked = ApiKeyRequest.safeParse({
    name,
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...(flags.scope.length === 0 ? {} : { scopes: flags.scope }),
    ...(flags.model.length === 0 ? {} : { models: flags.model }),
    expires_in_days: days === 0 ? null : days,
  })
  if (!asked.success) {
    const [issue] = asked.error.issues
    throw wrongUse(issue?.path.join('.') ?? 'name', issue?.message ?? '')
  }
  tell(await client.call(routes.createApiKey, { body: asked.data }), flags, texts.shownOnce)
}

/** Makes a key in the place of another. */
export async function keysRotate(id: string, flags: AskFlags & { readonly overlap: string }): Promise<void> {
  const { client, texts } = setUp(flags)
  const hours = wholeNumber('overlap', flags.overlap, texts.numberExpected)
  const made = await client.call(routes.rotateApiKey, { params: { key: id }, body: { overlap_hours: hours } })
  tell(made, flags, `${texts.shownOnce}\n${texts.overlap(id, hours)}`)
}

function tell(made: NewApiKey, flags: AskFlags, note: string): void {
  if (flags.json === true) {
    printJson(made)
    return
  }
  process.stdout.write(`${made.key}\n`)
  process.stderr.write(`${note}\n`)
}

/** Revokes a key. */
export async function keysRevoke(id: string, flags: AskFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const key = await client.call(routes.revokeApiKey, { params: { key: id } })
  if (flags.json === true) return printJson(key)
  process.stdout.write(`${texts.revoked(key.id)}\n`)
}

function wholeNumber(flag: string, text: string, expected: string): number {
  if (!/^\d{1,5}$/.test(text)) throw wrongUse(flag, expected)
  return Number(text)
}
