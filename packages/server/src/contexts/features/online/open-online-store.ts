import { FabriqueError } from '@fabrique/contract'
import type { Db } from '../../../platform/index.js'
import type { OnlineStore } from './model.js'
import { postgresStore } from './postgres-store.js'
import { openRedisStore } from './redis-store.js'

/** The store that an address names; PostgreSQL without one. Throws `online_address_invalid`. */
export async function openOnlineStore(db: Db, address: string | undefined): Promise<OnlineStore> {
  if (address === undefined || address === '') return postgresStore(db)
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined) throw invalid('it is no URL', 'ce n’est pas une URL')
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw invalid(`it begins with ${url.protocol}`, `elle commence par ${url.protocol}`)
  }
  const prefix = url.searchParams.get('prefix')
  url.searchParams.delete('prefix')
  return openRedisStore({ url: url.toString(), ...(prefix === null ? {} : { prefix }) })
}

function invalid(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('online_address_invalid', { reason, reason_fr })
}
