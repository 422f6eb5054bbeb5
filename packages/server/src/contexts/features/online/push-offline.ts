import { FabriqueError, isFabriqueError, type PushReply } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { appendRows, type IngestTools, resolveSnapshot, type SentRow } from '../../datasets/index.js'
import type { AppliedView } from '../registry/model.js'
import type { KeyRow } from './online-features.js'
import { eventOf } from './pushed-event.js'

/** What tells the rows that break an expectation; of a higher context. */
export type RowConditionOf = NonNullable<IngestTools['rowCondition']>

/** The data set that rows of a view are sent to. Throws `feature_push_refused` where SQL makes the rows of the view. */
function datasetOf({ name, definition }: AppliedView): string {
  const { source } = definition
  if (source.kind === 'dataset') return source.dataset
  throw new FabriqueError('feature_push_refused', {
    view: name,
    reason: 'SQL makes its rows, so that none can be added to them',
    reason_fr: 'ses lignes viennent d’une requête SQL, et aucune ne peut y être ajoutée',
  })
}

/** The columns of the data set of a view. Errors: `feature_push_refused`, `feature_source_missing`. */
export async function columnsOfData(ctx: VerbContext, view: AppliedView): Promise<readonly string[]> {
  const dataset = datasetOf(view)
  const { columns } = await resolveSnapshot({ ctx, input: { project: view.project, dataset } }).catch(
    (error: unknown) => {
      throw missing(error, view, dataset)
    },
  )
  return columns.map(({ name }) => name)
}

function missing(error: unknown, { project, name }: AppliedView, dataset: string): unknown {
  if (!isFabriqueError(error) || error.code !== 'snapshot_ref_not_found') return error
  return new FabriqueError('feature_source_missing', { project, view: name, dataset }, { cause: error })
}

interface PushingOffline {
  readonly now: Date
  readonly rows: readonly KeyRow[]
  readonly row_condition?: RowConditionOf | undefined
}

/** Appends rows to the data set of a view; features that are derived are left out, since they are worked out from the others. */
export async function pushOffline(
  ctx: VerbContext,
  view: AppliedView,
  { now, rows, row_condition }: PushingOffline,
): Promise<Pick<PushReply, 'appended' | 'snapshot_id'>> {
  const { project, name, definition, keys } = view
  const dataset = datasetOf(view)
  const { time, created, features, derived } = definition
  const columnOf = new Map([
    ...features.map((feature) => [feature.name, feature.column ?? feature.name] as const),
    ...keys.map((key) => [key.name, key.column] as const),
  ])
  const left = new Set(derived.map((one) => one.name).filter((one) => !columnOf.has(one)))
  const sent = rows.map((row, place): SentRow => {
    eventOf(view, row, { place, nowUs: now.getTime() * 1_000 })
    for (const key of keys) {
      if ((row[key.name] ?? row[key.column] ?? null) !== null) continue
      const all = keys.map((one) => one.name).join(', ')
      throw new FabriqueError('feature_key_missing', { row: place + 1, key: key.name, view: name, keys: all })
    }
    const named = Object.entries(row).filter(([column]) => !left.has(column))
    return {
      [time]: now.toISOString(),
      ...(created === undefined ? {} : { [created]: now.toISOString() }),
      ...Object.fromEntries(named.map(([column, value]) => [columnOf.get(column) ?? column, jsonOf(value)])),
    }
  })
  const { snapshot, appended } = await appendRows({
    ctx,
    input: { project, dataset, origin: name, rows: sent, row_condition },
  }).catch((error: unknown) => {
    throw missing(error, view, dataset)
  })
  return { appended, snapshot_id: snapshot.id }
}

/** The request was parsed: its values are texts, numbers, truth values and null. */
function jsonOf(value: unknown): SentRow[string] {
  return value === undefined ? null : (value as SentRow[string])
}
