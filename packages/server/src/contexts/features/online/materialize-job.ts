import { isFabriqueError } from '@fabrique/contract'
import { canonicalJson, limit } from '../../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../../platform/index.js'
import type { JobHandler } from '../../jobs/index.js'
import { newestSnapshots } from '../history/view-sources.js'
import type { AppliedView, PinnedServices } from '../registry/model.js'
import { featureTables, findService, findView } from '../registry/store.js'
import type { MaterializationRow, MaterializeView } from './materialization-store.js'
import { type MaterializeTools, materializeView, resultOf } from './materialize-view.js'
import type { OnlineStore } from './model.js'
import { MaterializeJobInput } from './start-materialize.js'
import { onlineTables, onlineVersions } from './version-store.js'

/** Times that a job begins a view again for newer snapshots; what comes later is for the next. */
const roundsMax = 3

/** Materialises one view after the other. One that fails does not keep the others from it; the first failure is that of the job. */
export function materializeJob(tools: Omit<MaterializeTools, 'onProgress'>): JobHandler {
  return async ({ ctx, id, input, report }) => {
    const { project, views, full, start, end } = MaterializeJobInput.parse(input)
    const rows: MaterializationRow[] = []
    let failure: unknown
    for (const [place, name] of views.entries()) {
      ctx.signal?.throwIfAborted()
      // Taken away since it was asked for.
      const view = await findView(ctx, { project, name })
      if (view === undefined) continue
      const onProgress = (done: number, of: number) => {
        report({
          stage: 'materialize',
          current: name,
          steps_done: place * 100 + Math.round((done / of) * 100),
          steps_total: views.length * 100,
        })
      }
      const asked = {
        view,
        job: id,
        full,
        start: start === undefined ? undefined : new Date(start),
        end: end === undefined ? undefined : new Date(end),
      }
      try {
        // A snapshot that came meanwhile found this job open, and none was begun for it.
        for (let round = 0; round < roundsMax; round += 1) {
          const row = await materializeView(ctx, { ...asked, round }, { ...tools, onProgress })
          rows.push(row)
          if (end !== undefined || !(await isBehind(ctx, row))) break
        }
        const pinned = await pinnedVersions(ctx, tools.pinnedServices, view)
        for (const older of await olderVersions(ctx, view, pinned)) {
          const row = await materializeOlder(ctx, { ...asked, view: older, round: 0 }, { ...tools, onProgress })
          if (row !== undefined) rows.push(row)
        }
        await dropOldVersions(ctx, tools.store, { ...view, pinned })
      } catch (error) {
        if (ctx.signal?.aborted === true || !isFabriqueError(error)) throw error
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
    return resultOf(rows)
  }
}

/** An older version may need a column or code that is gone by now: then its values stay as they are, and its failure is kept beside it. */
async function materializeOlder(
  ctx: VerbContext,
  asked: MaterializeView,
  tools: MaterializeTools,
): Promise<MaterializationRow | undefined> {
  try {
    return await materializeView(ctx, asked, tools)
  } catch (error) {
    if (ctx.signal?.aborted === true || !isFabriqueError(error) || !gone.has(error.code)) throw error
    const { project, name: view, version } = asked.view
    ctx.log.warn({ err: error, project, view, version }, 'An older version of a view cannot be brought online any more')
    return undefined
  }
}

const gone: ReadonlySet<string> = new Set(['feature_code_missing', 'feature_source_changed', 'feature_source_missing'])

/** Whether a view has a newer snapshot than those that a materialisation read. */
export async function isBehind(ctx: VerbContext, row: MaterializationRow): Promise<boolean> {
  const view = await findView(ctx, { project: row.project, name: row.view })
  if (view === undefined) return false
  const newest = await newestSnapshots(ctx, [view])
  const ids = Object.fromEntries([...newest].map(([dataset, { id }]) => [dataset, id]))
  return canonicalJson(ids) !== canonicalJson(fromJsonb<Record<string, string>>(row.snapshots))
}

/** Versions of a view that were kept for models which go by an older version of a service: their values go on as well. */
async function olderVersions(
  ctx: VerbContext,
  { project, name, version }: AppliedView,
  pinned: ReadonlySet<number>,
): Promise<readonly AppliedView[]> {
  const kept = await keptVersions(ctx, { project, name, pinned })
  const found = await Promise.all(
    [...kept].filter((one) => one < version).map((one) => findView(ctx, { project, name, version: one })),
  )
  return found.filter((one) => one !== undefined)
}

/** Versions of a view that the services of models read. */
export async function pinnedVersions(
  ctx: VerbContext,
  pinnedServices: PinnedServices | undefined,
  { project, name }: ViewName,
): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for (const { service, version } of (await pinnedServices?.(ctx, project)) ?? []) {
    const applied = await findService(ctx, { project, name: service, version })
    for (const pinned of applied?.views ?? []) if (pinned.view === name) found.add(pinned.version)
  }
  return found
}

/** Versions that can be read and that a version of a service reads: the newest few, and all that models need. */
async function keptVersions(
  ctx: VerbContext,
  { project, name, pinned: needed }: ViewName & Pinned,
): Promise<ReadonlySet<number>> {
  const rows = await featureTables(ctx)
    .selectFrom('feature_services')
    .select('views')
    .where('project', '=', project)
    .where('removed_at', 'is', null)
    .execute()
  const pinned = new Set(
    rows
      .flatMap(({ views }) => fromJsonb<readonly { readonly view: string; readonly version: number }[]>(views))
      .filter(({ view }) => view === name)
      .map(({ version }) => version),
  )
  const readable = (await onlineVersions(ctx, { project, view: name })).filter(
    ({ readable_at }) => readable_at !== null,
  )
  const versions = readable.map(({ version }) => version)
  const kept = versions.filter((version) => pinned.has(version)).slice(0, limit('features.versions_online_max'))
  return new Set([...kept, ...versions.filter((version) => needed.has(version))])
}

interface ViewName {
  readonly project: string
  readonly name: string
}

interface Pinned {
  /** Versions that models need. */
  readonly pinned: ReadonlySet<number>
}

/**
 * Removes the values of versions before the one that is read. They stay for a while, since readers go by what they knew a moment ago, and
 * the newest few that a version of a service reads stay as long as it is served.
 */
export async function dropOldVersions(
  ctx: VerbContext,
  store: OnlineStore,
  { project, name, pinned }: ViewName & Pinned,
): Promise<void> {
  const versions = await onlineVersions(ctx, { project, view: name })
  const read = versions.find(({ readable_at }) => readable_at !== null)
  if (read?.readable_at === undefined || read.readable_at === null) return
  const age = ctx.clock.now().getTime() - read.readable_at.getTime()
  if (age < limit('features.old_versions_kept_seconds') * 1_000) return
  const kept = await keptVersions(ctx, { project, name, pinned })
  for (const { id, version } of versions) {
    if (version < read.version && !kept.has(version)) await dropVersion(ctx, store, id)
  }
}

/** Removes the values of a version. First nobody finds it, then it goes; what a process that died in between left is dropped by the next. */
export async function dropVersion(ctx: VerbContext, store: OnlineStore, id: number): Promise<void> {
  await onlineTables(ctx).updateTable('online_versions').set({ readable_at: null }).where('id', '=', id).execute()
  await store.drop(id)
  await onlineTables(ctx).deleteFrom('online_versions').where('id', '=', id).execute()
}
