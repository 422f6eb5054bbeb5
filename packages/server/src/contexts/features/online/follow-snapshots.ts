import { type EventMessage, eventCatalogue, isFabriqueError, type Job } from '@fabrique/contract'
import { canonicalJson, retry } from '../../../kernel/index.js'
import { databaseAway, type EventStream, fromJsonb, type VerbContext } from '../../../platform/index.js'
import type { StoredError } from '../../jobs/index.js'
import { newestSnapshots } from '../history/view-sources.js'
import { type AppliedView, datasetsOf } from '../registry/model.js'
import { readNewestViews } from '../registry/store.js'
import { materializationTables } from './materialization-store.js'
import { materializeJobKind, startMaterialize } from './start-materialize.js'
import { onlineVersions } from './version-store.js'

export interface Following {
  readonly project: string
  /** Only views that read it. */
  readonly dataset?: string
  /** Leaves out views whose last attempt read the same snapshots, and failed or was cancelled: it would be the same again. */
  readonly isAfterAttempt?: boolean
}

/**
 * Asks for the views that are to follow their data sets and are behind them, each in a job of its own: those of one data set of which there
 * is a new snapshot, or all. Views of which a data set has no snapshot yet are left out.
 */
export async function materializeForSnapshot(ctx: VerbContext, asked: Following): Promise<readonly Job[]> {
  const { project, dataset, isAfterAttempt = false } = asked
  const jobs: Job[] = []
  for (const view of await readNewestViews(ctx, project)) {
    const { online, on_snapshot } = view.definition
    if (view.isRemoved || !online || !on_snapshot) continue
    if (dataset !== undefined && !datasetsOf(view.definition).includes(dataset)) continue
    const newest = await snapshotsOf(ctx, view)
    if (newest === undefined || newest === (await snapshotsOnline(ctx, view))) continue
    if (isAfterAttempt && newest === (await snapshotsTried(ctx, view))) continue
    const request = {
      views: [view.name],
      full: false,
      reason: dataset === undefined ? 'Newer snapshots' : `Snapshot of ${dataset}`,
    }
    try {
      jobs.push(await startMaterialize({ ctx, input: { project, request } }))
    } catch (error) {
      // One for a range of time is at work: its end is heard.
      if (!isFabriqueError(error) || error.code !== 'job_open_already') throw error
    }
  }
  return jobs
}

async function snapshotsOf(ctx: VerbContext, view: AppliedView): Promise<string | undefined> {
  try {
    const newest = await newestSnapshots(ctx, [view])
    return canonicalJson(Object.fromEntries([...newest].map(([dataset, { id }]) => [dataset, id])))
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'feature_source_missing') return undefined
    throw error
  }
}

async function snapshotsOnline(ctx: VerbContext, { project, name, version }: AppliedView): Promise<string> {
  const online = (await onlineVersions(ctx, { project, view: name })).find((one) => one.version === version)
  return canonicalJson({ ...online?.snapshots })
}

/** What the newest attempt of a view read; undefined where only the store was away, which another one may find there. */
async function snapshotsTried(ctx: VerbContext, { project, name, version }: AppliedView): Promise<string | undefined> {
  const row = await materializationTables(ctx)
    .selectFrom('materializations')
    .select(['snapshots', 'error'])
    .where('project', '=', project)
    .where('view', '=', name)
    .where('version', '=', version)
    .orderBy('started_at', 'desc')
    .orderBy('round', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const error = fromJsonb<StoredError | null>(row.error)
  if (error?.code === 'online_store_unavailable') return undefined
  return canonicalJson(fromJsonb<Record<string, string>>(row.snapshots))
}

/** What an event may leave behind. */
function concerns({ kind, payload }: EventMessage): Following | undefined {
  switch (kind) {
    case 'snapshot.created': {
      const { project, dataset } = eventCatalogue[kind].parse(payload)
      return { project, dataset }
    }
    case 'ingest.finished': {
      // A source that goes back to an earlier content has no new snapshot, and another newest one.
      const { project, dataset, state } = eventCatalogue[kind].parse(payload)
      return state === 'succeeded' ? { project, dataset } : undefined
    }
    case 'features.applied':
      return { project: eventCatalogue[kind].parse(payload).project }
    case 'job.changed': {
      // What came after the job had looked for the last time found it open, and began none.
      const { kind: of, subject, state } = eventCatalogue[kind].parse(payload)
      const [, project] = subject.split('/')
      const isOver = of === materializeJobKind && ['succeeded', 'failed', 'cancelled'].includes(state)
      return isOver && project !== undefined ? { project, isAfterAttempt: true } : undefined
    }
    default:
      return undefined
  }
}

/**
 * Keeps the views of some projects in line with their data sets from now on: as snapshots come, and once for what came before. Gives what
 * ends it.
 */
export function followSnapshots(
  ctx: VerbContext,
  events: Pick<EventStream, 'subscribe'>,
  projects: readonly string[],
): () => Promise<void> {
  const ending = new AbortController()
  let last: Promise<void> = Promise.resolve()
  const follow = (asked: Following) => {
    last = last
      .then(() => retry(() => materializeForSnapshot(ctx, asked), { ...databaseAway, signal: ending.signal }))
      .then(
        () => {},
        (error: unknown) => {
          if (ending.signal.aborted) return
          ctx.log.warn({ err: error, ...asked }, 'Views could not be asked to follow their data sets')
        },
      )
  }
  const hear = (batch: readonly EventMessage[]) => {
    const found = new Map<string, Following>()
    for (const event of batch) {
      const asked = concerns(event)
      if (asked !== undefined && projects.includes(asked.project)) found.set(canonicalJson({ ...asked }), asked)
    }
    for (const asked of found.values()) follow(asked)
  }
  // What came before is looked at once it is known from where on events come: nothing falls between the two.
  const unsubscribe = events.subscribe(hear, undefined, () => {
    for (const project of projects) follow({ project })
  })
  return async () => {
    unsubscribe()
    ending.abort()
    await last
  }
}
