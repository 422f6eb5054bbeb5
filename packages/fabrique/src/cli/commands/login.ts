import { hostname } from 'node:os'
import { FabriqueError, isFabriqueError, routes, TokenReply } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { askSecret, askText } from '../ask-secret.js'
import { authMessages } from '../auth-messages.js'
import { printJson } from '../print-json.js'
import { savedLogin, saveLogin } from '../saved-logins.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

const days = 90

/** Logs in by name and password, and keeps a key of its own for this machine. */
export async function login(flags: AskFlags & { readonly name?: string; readonly key?: boolean }): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = authMessages(language)
  const url = serverUrl(flags)
  const { state } = await apiClient({ url, language }).call(routes.whoAmI)
  if (state === 'open') {
    process.stderr.write(`${texts.noUsers}\n`)
    return
  }
  if (flags.key === true) return loginByKey(url, flags)
  const name = flags.name ?? (await askText(texts.name))
  const password = await askSecret(texts.password)
  if (name === '' || password === '') throw wrongUse('name', texts.nothing)
  const client = apiClient({ url, language, apiKey: await tokenOf(url, name, password) })
  const body = { name: `fabrique login, ${hostname()}`.slice(0, 200), expires_in_days: days }
  const { key, api_key } = await client.call(routes.createApiKey, { body })
  const user = api_key.user ?? name
  const file = saveLogin(url, { key, id: api_key.id, user })
  if (flags.json === true) return printJson({ url, user, key_id: api_key.id, expires_at: api_key.expires_at })
  process.stdout.write(`${texts.loggedIn(user, url)}\n${texts.savedIn(file, days)}\n`)
}

/** Keeps a key that was made elsewhere: who logs in at an identity provider has no password here. */
async function loginByKey(url: string, flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = authMessages(language)
  const key = (await askSecret(texts.apiKey)).trim()
  const id = /^fab_([0-9a-f]{12})_/.exec(key)?.[1]
  if (id === undefined) throw wrongUse('key', texts.keyExpected)
  const client = apiClient({ url, language, apiKey: key })
  const { user } = await client.call(routes.whoAmI)
  // Who has a key that is not valid is nobody.
  if (user === undefined) throw new FabriqueError('credentials_invalid', texts.keyUnknown)
  const { name } = user
  const file = saveLogin(url, { key, id, user: name })
  if (flags.json === true) return printJson({ url, user: name, key_id: id })
  process.stdout.write(`${texts.loggedIn(name, url)}\n${texts.keySaved(file)}\n`)
}

/** The password flow of OAuth 2; its failures come in words of their own. */
async function tokenOf(url: string, username: string, password: string): Promise<string> {
  const address = `${url.replace(/\/+$/, '')}/token`
  const reply = await fetch(address, { method: 'POST', body: new URLSearchParams({ username, password }) }).catch(
    (cause: unknown) => {
      throw new FabriqueError('server_not_running', { address: url }, { cause })
    },
  )
  const document: unknown = await reply.json().catch(() => undefined)
  const token = TokenReply.safeParse(document)
  if (token.success) return token.data.access_token
  if (reply.status === 429) {
    throw new FabriqueError('login_delayed', { retry_after_s: Number(reply.headers.get('retry-after') ?? 1) })
  }
  if (reply.status === 503) throw new FabriqueError('login_busy', {})
  if (reply.status === 401 || reply.status === 400) throw new FabriqueError('login_failed', {})
  throw new FabriqueError('server_not_running', { address: `${url} (another program answered with ${reply.status})` })
}

/** Revokes the key of the login and forgets it. */
export async function logout(flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = authMessages(language)
  const url = serverUrl(flags)
  const saved = savedLogin(url)
  if (saved === undefined) {
    process.stderr.write(`${texts.notLoggedIn(url)}\n`)
    return
  }
  try {
    await apiClient({ url, language, apiKey: saved.key }).call(routes.revokeApiKey, { params: { key: saved.id } })
  } catch (error) {
    // A key that is void already needs no revoking; one that may not do it ends by itself.
    if (!isFabriqueError(error) || ![401, 403].includes(error.spec.status)) throw error
  }
  saveLogin(url, undefined)
  if (flags.json === true) return printJson({ url })
  process.stdout.write(`${texts.loggedOut(url)}\n`)
}
