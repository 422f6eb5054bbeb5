import { FabriqueError, isFabriqueError, type Json } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../../platform/index.js'
import type { FindFeatureCode } from '../history/derive-values.js'
import { viewHistory } from '../history/view-history.js'
import {
  newestSnapshots,
  openOf,
  queryFailed,
  type Snapshots,
  snapshotsById,
  sourceOf,
  useSnapshots,
} from '../history/view-sources.js'
import { readRow, scratchTables } from '../join/relation.js'
import type { PinnedServices } from '../registry/model.js'
import { beforeUntil } from './before-until.js'
import { stepDeriver } from './derive-steps.js'
import { type LatestRows, latestRows } from './latest-rows.js'
import { type MaterializationRow, type MaterializeView, materializationTables } from './materialization-store.js'
import { materializeBucket } from './materialize-rows.js'
import type { OnlineStore, Written } from './model.js'
import {
  beginMaterialization,
  closeAbandoned,
  endMaterialization,
  failMaterialization,
} from './record-materialization.js'
import type { OnlineVersion } from './version-store.js'
import { figuresOf, type ViewFigures } from './view-statistics.js'
import { type StoreWaits, whenStoreIsBack } from './when-store-is-back.js'

export interface MaterializeTools {
  readonly store: OnlineStore
  readonly findCode: FindFeatureCode
  /** Versions of services that must be served, whatever is declared meanwhile: those of models that answer. */
  readonly pinnedServices?: PinnedServices
  readonly waits?: StoreWaits
  /** Keys after which progress is kept; `features.bucket_rows` by default. */
  readonly bucketRows?: number
  /** Told of the share of the keys that is in the store. */
  readonly onProgress?: (done: number, of: number) => void
}

/**
 * Brings what is new of a view to the online store. What was done is kept from time to time: a job that is begun again after its worker died
 * goes on from there, on the same snapshots. Reads see a version that was not there before at the end of it, and later ones key by key.
 *
 * Of the same snapshots as the last time only keys with later events are new; where a snapshot is another one all keys are compared, so that
 * rows that came late are never lost.
 */
export async function materializeView(
  ctx: VerbContext,
  asked: MaterializeView,
  tools: MaterializeTools,
): Promise<MaterializationRow> {
  const { signal, ...free } = ctx
  const newest = await newestSnapshots(ctx, [asked.view])
  await closeAbandoned(free, asked)
  const { row, online } = await beginMaterialization(free, asked, idsOf(newest))
  if (row.state === 'succeeded') return row
  try {
    const given = fromJsonb<Record<string, string>>(row.snapshots)
    const done = await bringRows(ctx, { ...asked, row, online, snapshots: await snapshotsById(ctx, given) }, tools)
    signal?.throwIfAborted()
    const keys = await whenStoreIsBack(() => tools.store.count(online.id), tools.waits, signal)
    return await endMaterialization({ ctx: free, input: { id: row.id, online: online.id, keys, ...done } })
  } catch (error) {
    const known = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
    const state = signal?.aborted === true ? 'cancelled' : 'failed'
    // Without the database nothing can be told; the job is begun again.
    await failMaterialization({
      ctx: free,
      input: { id: row.id, state, error: { code: known.code, params: known.params } },
    }).catch(() => {})
    throw error
  }
}

function idsOf(snapshots: Snapshots): Record<string, string> {
  return Object.fromEntries([...snapshots].map(([dataset, { id }]) => [dataset, id]))
}

interface Bringing extends MaterializeView {
  readonly row: MaterializationRow
  readonly online: OnlineVersion
  readonly snapshots: Snapshots
}

export interface Brought {
  readonly newestEventUs: number | undefined
  readonly keyTypes: LatestRows['keyTypes']
  readonly statistics: ViewFigures
}

function bringRows(ctx: VerbContext, bringing: Bringing, tools: MaterializeTools): Promise<Brought> {
  const { view, row, online, snapshots } = bringing
  const untilUs = row.until.getTime() * 1_000
  return useSnapshots(ctx, [...snapshots.values()], async (connection, open) => {
    const tables = scratchTables(connection, ctx.signal)
    try {
      const source = beforeUntil(await sourceOf(connection, view, openOf(open, snapshots)), view, untilUs)
      const history = await viewHistory(tables, view, source, untilUs)
      const isEmptied = await hasLostKeys(ctx, bringing, tools)
      const latest = await latestRows(tables, history, {
        untilUs,
        ...(row.since === null || isEmptied ? {} : { sinceUs: row.since.getTime() * 1_000 }),
        bucketRows: tools.bucketRows ?? limit('features.bucket_rows'),
        sampleRows: limit('features.statistics_keys'),
      }).catch((error: unknown) => {
        throw queryFailed([view], error)
      })
      const derive = stepDeriver(history, tools.findCode)
      // What was parted in another way has to be done again.
      let done = row.parts === latest.buckets && !isEmptied ? row.parts_done : 0
      let counts = done === 0 ? { written: 0, older: 0 } : { written: row.keys_written, older: row.keys_older }
      for (; done < latest.buckets; done += 1) {
        tools.onProgress?.(done, latest.buckets)
        const { store, waits } = tools
        const target = { bucket: done, store, version: online.id, derive, signal: ctx.signal, waits }
        counts = sumOf(counts, await materializeBucket(connection, latest, target))
        await keepProgress(ctx, row.id, { parts: latest.buckets, done: done + 1, counts })
      }
      const [rows = 0] = await readRow(connection, `select count(*) from ${source.from}`)
      const { newestEventUs, keyTypes } = latest
      return { newestEventUs, keyTypes, statistics: figuresOf(view, latest, { rows, untilUs, derive }) }
    } finally {
      await tables.dropAll()
    }
  })
}

/** Whether the store has fewer keys than after the last time, as one in memory that was started anew: then nothing may be left out. */
async function hasLostKeys(
  { signal }: VerbContext,
  { row, online }: Bringing,
  { store, waits }: MaterializeTools,
): Promise<boolean> {
  if (row.since === null) return false
  return (await whenStoreIsBack(() => store.count(online.id), waits, signal)) < online.keys
}

function sumOf(one: Written, two: Written): Written {
  return { written: one.written + two.written, older: one.older + two.older }
}

/** Progress is told, not kept: it needs no audit entry, and after a loss of it the same is written again. */
async function keepProgress(
  ctx: VerbContext,
  id: string,
  { parts, done, counts }: { readonly parts: number; readonly done: number; readonly counts: Written },
): Promise<void> {
  await materializationTables(ctx)
    .updateTable('materializations')
    .set({ parts, parts_done: done, keys_written: counts.written, keys_older: counts.older })
    .where('id', '=', id)
    .execute()
}

/** What the job of it shows. */
export function resultOf(rows: readonly MaterializationRow[]): Json {
  return {
    views: rows.map(({ view, version, keys_written, keys_older }) => ({ view, version, keys_written, keys_older })),
  }
}
