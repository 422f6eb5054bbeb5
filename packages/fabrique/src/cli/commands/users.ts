import { roles, routes, type UserRole } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { askSecret } from '../ask-secret.js'
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

/** Lists users. */
export async function usersLs(flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { items } = await client.call(routes.listUsers)
  if (flags.json === true) return printJson({ items })
  if (items.length === 0) {
    process.stdout.write(`${texts.noUsers}\n`)
    return
  }
  const rows = items.map(({ name, role, models, is_active, has_password, provider, last_login_at: at }) => [
    name,
    role,
    models?.join(', ') ?? texts.all,
    !is_active ? texts.off : has_password || provider !== undefined ? texts.active : texts.noPassword,
    at === undefined ? texts.never : formatMoment(at, language),
  ])
  process.stdout.write(table([texts.user, texts.role, texts.models, texts.state, texts.lastLogin], rows))
}

interface AddFlags extends AskFlags {
  readonly role: UserRole
  readonly model: readonly string[]
  readonly link?: boolean
}

/** Adds a user; the password is asked for, or chosen by a link. */
export async function usersAdd(name: string, flags: AddFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const { state } = await client.call(routes.whoAmI)
  const password = flags.link === true ? null : await newPassword(texts)
  const { role, model } = flags
  const body = { name, password, role, models: model.length === 0 ? null : [...model] }
  const user = await client.call(routes.createUser, { body })
  if (flags.link === true) {
    process.stderr.write(`${texts.added(user)}\n`)
    return usersLink(name, flags)
  }
  if (flags.json === true) return printJson(user)
  process.stdout.write(`${texts.added(user)}\n`)
  if (state === 'open') process.stderr.write(`${texts.firstAdded}\n`)
}

/** Prints a link by which a user chooses a password on standard output, with nothing else there. */
export async function usersLink(name: string, flags: AskFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const made = await client.call(routes.makePasswordLink, { params: { user: name } })
  const address = `${serverUrl(flags).replace(/\/+$/, '')}/login#password=${made.link}`
  if (flags.json === true) return printJson({ ...made, address })
  process.stdout.write(`${address}\n`)
  process.stderr.write(`${texts.link(made)}\n`)
}

/** Says which models a user may predict with and change. */
export async function usersSetModels(
  name: string,
  flags: AskFlags & { readonly model: readonly string[] },
): Promise<void> {
  await change(name, { models: flags.model.length === 0 ? null : [...flags.model] }, flags)
}

async function newPassword(texts: ReturnType<typeof authMessages>): Promise<string> {
  const password = await askSecret(texts.password)
  // Who types without seeing it types it twice; a script does not mistype.
  if (process.stdin.isTTY === true && (await askSecret(texts.again)) !== password) {
    throw wrongUse('password', texts.differ)
  }
  return password
}

/** Says what a user may. */
export async function usersSetRole(name: string, given: string, flags: AskFlags): Promise<void> {
  const role = roles.find((known) => known === given)
  if (role === undefined) throw wrongUse('role', roles.join(', '))
  await change(name, { role }, flags)
}

/** Sets a new password, which is asked for. */
export async function usersSetPassword(name: string, flags: AskFlags): Promise<void> {
  await change(name, { password: await newPassword(setUp(flags).texts) }, flags)
}

/** Lets a user log in, or not. */
export async function usersSwitch(name: string, isActive: boolean, flags: AskFlags): Promise<void> {
  await change(name, { is_active: isActive }, flags)
}

async function change(
  name: string,
  body: {
    readonly role?: UserRole
    readonly models?: string[] | null
    readonly password?: string
    readonly is_active?: boolean
  },
  flags: AskFlags,
): Promise<void> {
  const { client, texts } = setUp(flags)
  const user = await client.call(routes.updateUser, { params: { user: name }, body })
  if (flags.json === true) return printJson(user)
  process.stdout.write(`${texts.changed(user.name)}\n`)
}

/** Removes a user. */
export async function usersRm(name: string, flags: AskFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  await client.call(routes.deleteUser, { params: { user: name } })
  if (flags.json === true) return printJson({})
  process.stdout.write(`${texts.removed(name)}\n`)
}
