import type { Remote } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

type RemoteTables = {
  remotes: {
    name: string
    url: string
    endpoint: string | null
    region: string | null
    is_default: boolean
    created_at: Date
    updated_at: Date
  }
}

export const remoteTables = (ctx: VerbContext) => ctx.db.withTables<RemoteTables>()

export function toRemote(row: RemoteTables['remotes']): Remote {
  return {
    name: row.name,
    url: row.url,
    ...(row.endpoint === null ? {} : { endpoint: row.endpoint }),
    ...(row.region === null ? {} : { region: row.region }),
    is_default: row.is_default,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
