import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError, isFabriqueError, type Snapshot } from '@fabrique/contract'
import { sqlName, type VerbContext } from '../../../platform/index.js'
import { getSnapshot, type NumberedTable, resolveSnapshot, useSnapshot } from '../../datasets/index.js'
import { tooLarge } from '../join/join-features.js'
import type { Relation } from '../join/model.js'
import { describeRelation } from '../join/relation.js'
import { type AppliedView, datasetsOf } from '../registry/model.js'

/** Snapshots by data set. */
export type Snapshots = ReadonlyMap<string, Snapshot>

/** A snapshot on this machine. */
export interface OpenSnapshot {
  readonly snapshot: Snapshot
  /** What stands after `from`. */
  readonly table: string
  readonly numbered: NumberedTable
}

/** The newest snapshots of all that some views read. Throws `feature_source_missing`. */
export async function newestSnapshots(ctx: VerbContext, views: readonly AppliedView[]): Promise<Snapshots> {
  const found = new Map<string, Snapshot>()
  for (const { project, name, definition } of views) {
    for (const dataset of datasetsOf(definition)) {
      if (found.has(dataset)) continue
      const snapshot = await resolveSnapshot({ ctx, input: { project, dataset, ref: 'latest' } }).catch((error) => {
        if (!isFabriqueError(error) || error.code !== 'snapshot_ref_not_found') throw error
        throw new FabriqueError('feature_source_missing', { project, view: name, dataset }, { cause: error })
      })
      found.set(dataset, snapshot)
    }
  }
  return found
}

/** Snapshots by their ids, as when they were chosen. Throws `snapshot_not_found`. */
export async function snapshotsById(ctx: VerbContext, ids: Readonly<Record<string, string>>): Promise<Snapshots> {
  const found = new Map<string, Snapshot>()
  for (const [dataset, snapshot] of Object.entries(ids)) {
    found.set(dataset, await getSnapshot({ ctx, input: { snapshot } }))
  }
  return found
}

/** Brings snapshots to this machine and lends a connection on which all of them can be read; it is in UTC. */
export async function useSnapshots<Result>(
  ctx: VerbContext,
  snapshots: readonly Snapshot[],
  work: (connection: DuckDBConnection, open: ReadonlyMap<string, OpenSnapshot>) => Promise<Result>,
): Promise<Result> {
  const open = new Map<string, OpenSnapshot>()
  const unique = [...new Map(snapshots.map((snapshot) => [snapshot.id, snapshot])).values()]
  const next = (index: number, connection: DuckDBConnection | undefined): Promise<Result> => {
    const snapshot = unique[index]
    if (snapshot !== undefined) {
      return useSnapshot(ctx, snapshot, (inner, table, numbered) => {
        open.set(snapshot.id, { snapshot, table, numbered })
        return next(index + 1, inner)
      })
    }
    const begin = async (ready: DuckDBConnection) => {
      await ready.run("set TimeZone = 'UTC'")
      return work(ready, open)
    }
    return connection === undefined ? ctx.data.use(begin, ctx.signal) : begin(connection)
  }
  return next(0, undefined)
}

/** The open snapshots of data sets. */
export function openOf(
  open: ReadonlyMap<string, OpenSnapshot>,
  snapshots: Snapshots,
): ReadonlyMap<string, OpenSnapshot> {
  const found = new Map<string, OpenSnapshot>()
  for (const [dataset, { id }] of snapshots) {
    const opened = open.get(id)
    if (opened !== undefined) found.set(dataset, opened)
  }
  return found
}

const orderColumn = 'fabrique__row'

/** The rows of an open snapshot in their order. */
export function relationOf({ snapshot, numbered }: OpenSnapshot, connection: DuckDBConnection): Promise<Relation> {
  const { dataset } = snapshot
  return withoutOrder(describeRelation(connection, { name: dataset, from: numbered(orderColumn), order: orderColumn }))
}

async function withoutOrder(described: Promise<Relation>): Promise<Relation> {
  const relation = await described
  return { ...relation, columns: relation.columns.filter(({ name }) => name !== orderColumn) }
}

/**
 * The rows that a view reads, of the given snapshots by data set. Errors: `feature_source_changed` where a column is not there any more, `feature_query_failed` for SQL that the
 * data does not suit.
 */
export async function sourceOf(
  connection: DuckDBConnection,
  view: AppliedView,
  sources: ReadonlyMap<string, OpenSnapshot>,
): Promise<Relation> {
  const { project, name, definition } = view
  const { source } = definition
  const of = (dataset: string) => {
    const found = sources.get(dataset)
    if (found === undefined) throw new FabriqueError('feature_source_missing', { project, view: name, dataset })
    return found
  }
  if (source.kind === 'dataset') {
    const relation = await relationOf(of(source.dataset), connection)
    requireColumns(view, relation, source.dataset)
    return relation
  }
  const tables = source.datasets.map((dataset) => `${sqlName(dataset)} as (select * from ${of(dataset).table})`)
  const from = `(with ${tables.join(', ')} select * from (${source.sql}\n))`
  const relation = await describeRelation(connection, { name, from }).catch((error: unknown) => {
    throw queryFailed([view], error)
  })
  requireColumns(view, relation, source.datasets.join(', '))
  return relation
}

/** What the engine says where values do not suit what views do with them. */
const saidOfValues = /^(Binder|Catalog|Parser|Conversion|Invalid Input|Out of Range|Mismatch Type) Error/

/** An error of the engine as one of the views that have SQL or aggregations, or of its memory; others are left as they are. */
export function queryFailed(views: readonly AppliedView[], error: unknown): unknown {
  const large = tooLarge(error)
  if (large !== undefined) return large
  if (!(error instanceof Error) || isFabriqueError(error) || !saidOfValues.test(error.message)) return error
  const names = views
    .filter(({ definition: { source, aggregations, derived } }) => {
      return source.kind === 'sql' || aggregations.length > 0 || derived.some(({ sql }) => sql !== undefined)
    })
    .map(({ name }) => name)
  if (names.length === 0) return error
  const reason = (error.message.split('\n')[0] ?? '').slice(0, 500)
  return new FabriqueError('feature_query_failed', { view: names.join(', '), reason }, { cause: error })
}

function requireColumns({ name, keys, definition }: AppliedView, relation: Relation, dataset: string): void {
  const known = new Set(relation.columns.map((column) => column.name))
  const { time, created, ties, features, aggregations } = definition
  const needed = [
    ...keys.map(({ column }) => column),
    time,
    ...(created === undefined ? [] : [created]),
    ...ties,
    ...features.map((feature) => feature.column ?? feature.name),
    ...aggregations.flatMap(({ column }) => column ?? []),
  ]
  const lost = needed.find((column) => !known.has(column))
  if (lost !== undefined) throw new FabriqueError('feature_source_changed', { view: name, column: lost, dataset })
}
