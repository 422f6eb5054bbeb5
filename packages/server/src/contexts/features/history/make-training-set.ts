import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, type JobProgress, type Json, type Snapshot } from '@fabrique/contract'
import { inTransaction, sqlText, type VerbContext } from '../../../platform/index.js'
import { getSnapshot, keepTable, snapshotThing } from '../../datasets/index.js'
import type { JobHandler } from '../../jobs/index.js'
import { recordLineage } from '../../lineage/index.js'
import type { ViewReport } from '../join/model.js'
import type { PinnedServices } from '../registry/model.js'
import { datasetsOf, viewThing } from '../registry/model.js'
import type { SelectedView } from '../registry/select-features.js'
import { findView } from '../registry/store.js'
import type { FindFeatureCode } from './derive-values.js'
import { HistoricalJobInput } from './start-historical.js'
import { type TrainingRows, trainingRows } from './training-rows.js'
import { type OpenSnapshot, openOf, type Snapshots, snapshotsById, useSnapshots } from './view-sources.js'

/** What features get from above. */
export interface FeatureTools {
  /** Code of the projects that this worker has loaded. */
  readonly code: FindFeatureCode
  /** The versions of services that models need, which stay online. */
  readonly pinnedServices?: PinnedServices
}

/** Does the work of a job that makes a training set. Its result has the snapshot and what became of the rows, by view. */
export function historicalJob({ code }: FeatureTools): JobHandler {
  return async ({ ctx, id, input, report }) => {
    const asked = HistoricalJobInput.parse(input)
    const folder = join(ctx.blobs.stagingFolder, `training-set-${id}`)
    // A worker that takes up the job of one that died removes what that left.
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      return await makeTrainingSet({ ctx, asked, code, folder, report, job: id })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

interface Making {
  readonly ctx: VerbContext
  readonly asked: HistoricalJobInput
  readonly code: FindFeatureCode
  readonly folder: string
  readonly job: string
  report(progress: JobProgress): void
}

async function makeTrainingSet(making: Making): Promise<Json> {
  const { ctx, asked, code, folder, report } = making
  const views = await selectedViews(ctx, asked)
  const sources = await snapshotsById(ctx, asked.sources)
  const entities =
    asked.entities === undefined ? undefined : await getSnapshot({ ctx, input: { snapshot: asked.entities.snapshot } })
  const snapshots = [...sources.values(), ...(entities === undefined ? [] : [entities])]
  const path = join(folder, 'rows.parquet')
  const made = await useSnapshots(ctx, snapshots, (connection, open) => {
    const { request } = asked
    return trainingRows(
      {
        connection,
        views,
        sources: openOf(open, sources),
        ...entityRows(asked, entities === undefined ? undefined : open.get(entities.id)),
        range: {
          ...(request.start === undefined ? {} : { start: new Date(request.start) }),
          ...(request.end === undefined ? {} : { end: new Date(request.end) }),
        },
        asKnown: request.as_known,
        fullNames: request.full_names,
        ages: request.ages,
        code,
        signal: ctx.signal,
        report: (stage, rows) => report({ stage, ...(rows === undefined ? {} : { rows_done: rows }) }),
      },
      async (rows) => {
        if (rows.rows === 0) {
          throw new FabriqueError('feature_rows_missing', { relation: entities?.dataset ?? views[0]?.view.name ?? '' })
        }
        report({ stage: 'write', rows_done: rows.rows })
        await connection.run(
          `copy (${rows.sql}) to ${sqlText(path)} (format parquet, compression zstd, row_group_size 122880)`,
        )
        return rows
      },
    )
  })
  ctx.signal?.throwIfAborted()
  const blob = await ctx.blobs.adopt(path)
  ctx.signal?.throwIfAborted()
  return record(making, { views, sources, entities, made, blob })
}

function entityRows({ request, entities }: HistoricalJobInput, snapshot: OpenSnapshot | undefined) {
  if (entities === undefined || snapshot === undefined) return {}
  return { entities: { snapshot, time: entities.time, columns: request.entities?.columns } }
}

/** The views at the versions that were chosen when it was asked. Throws `feature_view_not_found`. */
async function selectedViews(
  ctx: VerbContext,
  { project, views: chosen }: HistoricalJobInput,
): Promise<readonly SelectedView[]> {
  const views: SelectedView[] = []
  for (const { view: name, version, features } of chosen) {
    const view = await findView(ctx, { project, name, version })
    if (view === undefined) throw new FabriqueError('feature_view_not_found', { project, view: `${name}@${version}` })
    views.push({ view, features })
  }
  return views
}

interface Made {
  readonly views: readonly SelectedView[]
  readonly sources: Snapshots
  readonly entities: Snapshot | undefined
  readonly made: TrainingRows
  readonly blob: { readonly sha256: string; readonly bytes: number }
}

/** Writes the snapshot, and what it was made from, in one transaction. */
async function record({ ctx, asked, job }: Making, { views, sources, entities, made, blob }: Made): Promise<Json> {
  const { project, request, service } = asked
  const location =
    service === undefined
      ? views.map(({ view }) => `${view.name}@${view.version}`).join(', ')
      : `${service.name}@${service.version}`
  return inTransaction(ctx, async (inner) => {
    const { snapshot, created } = await keepTable({
      ctx: inner,
      input: {
        project,
        dataset: request.into,
        parts: [{ sha256: blob.sha256, bytes: blob.bytes, row_count: made.rows }],
        columns: [...made.columns],
        source: { kind: 'features', location },
        job,
      },
    })
    const set = {
      kind: 'training_set' as const,
      id: snapshot.id,
      label: `${request.into} ${snapshot.content_hash.slice(0, 8)}`,
      project,
      detail: {
        dataset: request.into,
        rows: made.rows,
        as_known: request.as_known,
        ...Object.fromEntries([...sources].map(([dataset, { id }]) => [`source ${dataset}`, id])),
        ...(service === undefined ? {} : { service: service.name, service_version: service.version }),
      },
    }
    const ref = { kind: set.kind, id: set.id }
    await recordLineage(inner, {
      things: [
        set,
        ...views.map(({ view }) => viewThing(view)),
        ...[...sources.values()].map(kept),
        ...(entities === undefined ? [] : [kept(entities)]),
      ],
      steps: [
        ...views.flatMap(({ view }) => {
          const thing = viewThing(view)
          const to = { kind: thing.kind, id: thing.id }
          return [
            ...datasetsOf(view.definition).flatMap((dataset) => {
              const source = sources.get(dataset)
              return source === undefined
                ? []
                : [{ from: { kind: 'snapshot' as const, id: source.id }, to, relation: 'read' }]
            }),
            { from: to, to: ref, relation: 'joined' },
          ]
        }),
        // A version of a view reads other snapshots over time: these are the ones of this set.
        ...[...sources.values(), ...(entities === undefined ? [] : [entities])].map(({ id }) => ({
          from: { kind: 'snapshot' as const, id },
          to: ref,
          relation: 'read',
        })),
        { from: ref, to: { kind: 'snapshot' as const, id: snapshot.id }, relation: 'made' },
      ],
    })
    return {
      snapshot_id: snapshot.id,
      dataset: request.into,
      is_new: created,
      rows: made.rows,
      columns: made.columns.map(({ name }) => name),
      views: made.views.map((report, place) => reportOf(report, views[place]?.view.version ?? 0)),
    }
  })
}

const kept = (snapshot: Snapshot) => ({ ...snapshotThing(snapshot), keep: true as const })

function reportOf({ view, rows, matched, unmatched }: ViewReport, version: number) {
  return {
    view,
    version,
    rows,
    matched,
    unmatched: {
      null_key: unmatched.nullKey,
      null_time: unmatched.nullTime,
      no_row: unmatched.noRow,
      future: unmatched.future,
      not_known: unmatched.notKnown,
      expired: unmatched.expired,
    },
  }
}
