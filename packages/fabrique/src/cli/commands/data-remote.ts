import { resolve } from 'node:path'
import { routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { sharingMessages } from '../sharing-messages.js'
import { table } from '../table.js'
import { type AskFlags, serverUrl } from './status.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { client: apiClient({ url: serverUrl(flags), language }), texts: sharingMessages(language) }
}

/** Lists where snapshots are shared. */
export async function remoteLs(flags: AskFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const { items } = await client.call(routes.listRemotes)
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noRemotes}\n`)
    return
  }
  const rows = items.map(({ name, url, endpoint, is_default }) => [
    name,
    endpoint === undefined ? url : `${url}  ${endpoint}`,
    is_default ? texts.isDefault : '',
  ])
  process.stdout.write(table([texts.remote, texts.place, ''], rows))
}

export interface RemoteAddFlags extends AskFlags {
  readonly endpoint?: string
  readonly region?: string
  readonly default?: boolean
}

/** Names a folder or a bucket. */
export async function remoteAdd(name: string, place: string, flags: RemoteAddFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const body = {
    url: /^[a-z][a-z0-9+.-]+:\/\//i.test(place) ? place : resolve(place),
    is_default: flags.default === true,
    ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
  }
  const remote = await client.call(routes.putRemote, { params: { remote: name }, body })
  if (flags.json === true) printJson(remote)
  else process.stdout.write(`${texts.remoteAdded(remote.name)}\n`)
}

/** Forgets a remote. */
export async function remoteRm(name: string, flags: AskFlags): Promise<void> {
  const { client, texts } = setUp(flags)
  const reply = await client.call(routes.deleteRemote, { params: { remote: name } })
  if (flags.json === true) printJson(reply)
  else process.stdout.write(`${texts.remoteRemoved(name)}\n`)
}
