import type { Profile } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, fromJsonb, taskVerb, type VerbContext } from '../../../platform/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { useSnapshot } from '../read-snapshot.js'
import { datasetTables } from '../store.js'
import { computeProfile, profileVersion } from './compute-profile.js'

/** The profile of a snapshot where it is kept; a verb of a higher context has authorised already. */
export async function findProfile(ctx: VerbContext, snapshot: string): Promise<Profile | undefined> {
  const row = await datasetTables(ctx)
    .selectFrom('snapshot_profiles')
    .select(['version', 'profile'])
    .where('snapshot_id', '=', snapshot)
    .executeTakeFirst()
  return row?.version === profileVersion ? fromJsonb<Profile>(row.profile) : undefined
}

/** Keeps the figures of a snapshot. They follow from its content alone, so this is no change that others could hear of. */
export const keepProfile = changeVerb({
  name: 'datasets.keep_profile',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string(), profile: z.custom<Profile>() }),
  async run({ ctx, input, unchanged }): Promise<void> {
    unchanged()
    const tables = datasetTables(ctx)
    const row = await tables
      .selectFrom('snapshots')
      .select('id')
      .where('id', '=', input.snapshot)
      .forKeyShare()
      .executeTakeFirst()
    // One that was erased meanwhile has no figures to keep.
    if (row === undefined) return
    const values = {
      version: profileVersion,
      profile: JSON.stringify(input.profile),
      created_at: ctx.clock.now(),
    }
    await tables
      .insertInto('snapshot_profiles')
      .values({ snapshot_id: row.id, ...values })
      .onConflict((conflict) => conflict.column('snapshot_id').doUpdateSet(values))
      .execute()
  },
})

/** The profile of a snapshot: the kept one, or computed now and kept. Throws `snapshot_not_found`. */
export const ensureProfile = taskVerb({
  name: 'datasets.ensure_profile',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<Profile> {
    const kept = await findProfile(ctx, input.snapshot)
    if (kept !== undefined) return kept
    const snapshot = await getSnapshot({ ctx, input })
    const profile = await useSnapshot(ctx, snapshot, (connection, table) =>
      computeProfile(connection, table, snapshot.columns),
    )
    await keepProfile({ ctx, input: { snapshot: snapshot.id, profile } })
    return profile
  },
})
