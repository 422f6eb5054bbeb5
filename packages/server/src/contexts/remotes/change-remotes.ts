import { isAbsolute } from 'node:path'
import { FabriqueError, type Remote, RemoteDefinition, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, readVerb } from '../../platform/index.js'
import { remoteTables, toRemote } from './store.js'

/** Where snapshots are shared, by name. */
export const listRemotes = readVerb({
  name: 'remotes.list_remotes',
  permission: 'datasets.read',
  input: z.object({}),
  async run({ ctx }): Promise<readonly Remote[]> {
    const rows = await remoteTables(ctx).selectFrom('remotes').selectAll().orderBy('name').execute()
    return rows.map(toRemote)
  },
})

/** One remote; `default` is the one that is chosen where none is named. Throws `remote_not_found`, `remote_not_chosen`. */
export const getRemote = readVerb({
  name: 'remotes.get_remote',
  permission: 'datasets.read',
  input: z.object({ remote: z.string() }),
  async run({ ctx, input }): Promise<Remote> {
    const rows = await remoteTables(ctx).selectFrom('remotes').selectAll().execute()
    const named = rows.find(({ name }) => name === input.remote)
    if (named !== undefined) return toRemote(named)
    if (input.remote !== 'default') throw new FabriqueError('remote_not_found', { remote: input.remote })
    const chosen = rows.find(({ is_default }) => is_default) ?? (rows.length === 1 ? rows[0] : undefined)
    if (chosen === undefined) throw new FabriqueError('remote_not_chosen', {})
    return toRemote(chosen)
  },
})

/** Names a folder or a bucket. Throws `remote_url_invalid`. */
export const putRemote = changeVerb({
  name: 'remotes.put_remote',
  permission: 'datasets.write',
  input: RemoteDefinition.extend({ remote: Slug }),
  async run({ ctx, input, record }): Promise<Remote> {
    checkUrl(input.url)
    const { remote: name, url, endpoint = null, region = null, is_default } = input
    const tables = remoteTables(ctx)
    const others = await tables.selectFrom('remotes').select('name').where('name', '!=', name).execute()
    if (others.length >= limit('remotes.count_max')) {
      throw new FabriqueError('invalid_request', { field: 'remote', reason: 'there are too many remotes' })
    }
    if (is_default) await tables.updateTable('remotes').set({ is_default: false }).where('name', '!=', name).execute()
    const at = ctx.clock.now()
    const values = { url, endpoint, region, is_default, updated_at: at }
    const row = await tables
      .insertInto('remotes')
      .values({ name, ...values, created_at: at })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
      .returningAll()
      .executeTakeFirstOrThrow()
    await record({ subject: `remotes/${name}`, event: 'remote.changed', payload: { remote: name, change: 'put' } })
    return toRemote(row)
  },
})

function checkUrl(url: string): void {
  if (/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/|$)/.test(url) || isAbsolute(url)) return
  const reason = /^[a-z][a-z0-9+.-]+:\/\//i.test(url) ? 'only s3:// is known' : 'a folder must be absolute'
  throw new FabriqueError('remote_url_invalid', { url: url.slice(0, 200), reason })
}

/** Forgets a remote; what is in it stays. Throws `remote_not_found`. */
export const deleteRemote = changeVerb({
  name: 'remotes.delete_remote',
  permission: 'datasets.write',
  input: z.object({ remote: z.string() }),
  async run({ ctx, input, record }): Promise<{ deleted: boolean }> {
    const { numDeletedRows } = await remoteTables(ctx)
      .deleteFrom('remotes')
      .where('name', '=', input.remote)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw new FabriqueError('remote_not_found', input)
    const payload = { remote: input.remote, change: 'deleted' }
    await record({ subject: `remotes/${input.remote}`, event: 'remote.changed', payload })
    return { deleted: true }
  },
})
