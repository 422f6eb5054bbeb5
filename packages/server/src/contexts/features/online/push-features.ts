import { FabriqueError, type PushReply, PushRequest } from '@fabrique/contract'
import { z } from 'zod'
import { taskVerb, type VerbContext } from '../../../platform/index.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import { findView } from '../registry/store.js'
import { castKey, encodeKey, type KeyPart } from './encode-key.js'
import { type OnlineRow, type OnlineStore, type OnlineValue, unknownCreated } from './model.js'
import type { KeyRow } from './online-features.js'
import { columnsOfData, pushOffline, type RowConditionOf } from './push-offline.js'
import { eventOf, momentOf } from './pushed-event.js'
import { recordReadable } from './record-readable.js'
import { encodeSteps, jsonNumber } from './steps.js'
import { numberVersion, onlineVersions } from './version-store.js'

/**
 * Takes rows of an application: all of them, or none are refused. Online each is kept where nothing newer is there; offline they come after
 * those of the data set of the view, which becomes a new snapshot that views follow. Keys may have the names of the entity or of the
 * columns, features theirs or those of the columns; what is left out is null, and a row without a time is of now. While a newer version of
 * the view is not yet read, rows online go to the one that is as well. With `both` they are offline first: a repeat of a request whose
 * online store was away changes nothing there. Errors: `feature_view_not_found`, `feature_push_refused`, `feature_key_missing`,
 * `feature_key_type`, `feature_event_in_future`, `invalid_request`, `online_store_unavailable`, and offline `feature_source_missing`,
 * `pushed_row_refused`, `database_conflict`.
 */
export const pushFeatures = taskVerb({
  name: 'features.push_features',
  permission: 'features.write',
  input: z.object({
    project: z.string(),
    view: z.string(),
    request: PushRequest,
    store: z.custom<OnlineStore>(),
    row_condition: z.custom<RowConditionOf>().optional(),
  }),
  async run({ ctx, input }): Promise<PushReply> {
    const { project, view: name, request, store, row_condition } = input
    const view = await findView(ctx, { project, name })
    if (view === undefined) throw new FabriqueError('feature_view_not_found', { project, view: name })
    // Of the same moment online and offline.
    const now = ctx.clock.now()
    const others = request.to === 'online' ? [] : await columnsOfData(ctx, view)
    const online =
      request.to === 'offline'
        ? undefined
        : pushedRows(view, request.rows, { now, keyTypes: await keyTypesOf(ctx, view), others })
    const offline =
      request.to === 'online' ? {} : await pushOffline(ctx, view, { now, rows: request.rows, row_condition })
    if (online === undefined) return { written: 0, older: 0, ...offline }
    return { ...(await pushOnline(ctx, view, { online, request, store, now, others })), ...offline }
  },
})

interface PushingOnline {
  readonly online: readonly OnlineRow[]
  readonly request: PushRequest
  readonly store: OnlineStore
  readonly now: Date
  readonly others: readonly string[]
}

async function pushOnline(
  ctx: VerbContext,
  { project, name: view, version }: AppliedView,
  { online: given, request, store, now, others }: PushingOnline,
): Promise<PushReply> {
  const rows = newestOfEach(given)
  const online = await numberVersion(ctx, { project, view, version })
  const counts = await store.write(online.id, rows)
  const older = counts.older + request.rows.length - rows.length
  const read = (await onlineVersions(ctx, { project, view })).find((one) => one.readable_at !== null)
  if (read === undefined) {
    await recordReadable({ ctx, input: { project, view, version, online: online.id } })
  } else if (read.id !== online.id) {
    const before = await findView(ctx, { project, name: view, version: read.version })
    if (before !== undefined && refusal(before) === undefined) {
      const keyTypes = read.key_types ?? {}
      await store.write(read.id, newestOfEach(pushedRows(before, request.rows, { now, keyTypes, others })))
    }
  }
  return { written: counts.written, older }
}

type KeyTypes = Readonly<Record<string, AppliedView['keys'][number]['type']>>

async function keyTypesOf(ctx: VerbContext, { project, name }: AppliedView): Promise<KeyTypes> {
  const versions = await onlineVersions(ctx, { project, view: name })
  return versions.find(({ key_types }) => key_types !== null)?.key_types ?? {}
}

/** Why rows cannot be pushed to a view. */
function refusal({ definition }: AppliedView): { readonly reason: string; readonly reason_fr: string } | undefined {
  if (!definition.online) {
    return { reason: 'it is declared with online false', reason_fr: 'elle est déclarée avec online false' }
  }
  if (definition.aggregations.length > 0) {
    return {
      reason: 'it has aggregations, which need all events of a key',
      reason_fr: 'elle a des agrégations, qui demandent tous les événements d’une clé',
    }
  }
  return undefined
}

interface PushedAt {
  readonly now: Date
  readonly keyTypes: KeyTypes
  /** More columns that rows may have. */
  readonly others: readonly string[]
}

function pushedRows(
  view: AppliedView,
  rows: readonly KeyRow[],
  { now, keyTypes, others }: PushedAt,
): readonly OnlineRow[] {
  const refused = refusal(view)
  if (refused !== undefined) throw new FabriqueError('feature_push_refused', { view: view.name, ...refused })
  const nowUs = now.getTime() * 1_000
  const { definition } = view
  const columns = new Map(definition.features.map(({ name, column = name }) => [name, column]))
  const names = featuresOf(definition).map(({ name }) => name)
  const known = new Set([
    ...names,
    ...columns.values(),
    ...view.keys.flatMap(({ name, column }) => [name, column]),
    ...[definition.time, definition.created ?? definition.time, ...definition.ties],
    ...others,
  ])
  return rows.map((row, place) => {
    const unknown = Object.keys(row).find((name) => !known.has(name))
    if (unknown !== undefined) throw wrong(`rows.${place}.${unknown}`, `is no column of feature view ${view.name}`)
    const missing = definition.derived.find(({ name }) => !Object.hasOwn(row, name))
    if (missing !== undefined) {
      throw new FabriqueError('feature_push_refused', {
        view: view.name,
        reason: `row ${place + 1} does not have ${missing.name}, which is derived when rows are materialised`,
        reason_fr: `la ligne ${place + 1} n’a pas ${missing.name}, qui est dérivée lors de la matérialisation`,
      })
    }
    const keys = view.keys.map(({ name, column, type }): KeyPart => {
      const value = row[name] ?? row[column]
      const key = value === undefined ? undefined : castKey(value, { name, type: type ?? keyTypes[name] }, view.name)
      if (key !== undefined) return key
      const all = view.keys.map((one) => one.name).join(', ')
      throw new FabriqueError('feature_key_missing', { row: place + 1, key: name, view: view.name, keys: all })
    })
    const eventUs = eventOf(view, row, { place, nowUs })
    const { created } = definition
    const createdUs =
      created === undefined ? unknownCreated : (momentOf(row[created], `rows.${place}.${created}`) ?? nowUs)
    const values = names.map((name) => toOnline(row[name] ?? row[columns.get(name) ?? name]))
    return { key: encodeKey(keys), eventUs, createdUs, steps: encodeSteps([{ fromUs: eventUs, eventUs, values }]) }
  })
}

/** Of rows with the same keys the one that would stay: no batch has a key twice. */
function newestOfEach(rows: readonly OnlineRow[]): readonly OnlineRow[] {
  const kept = new Map<string, OnlineRow>()
  for (const row of rows) {
    const known = kept.get(row.key)
    const isOlder =
      known !== undefined &&
      (row.eventUs < known.eventUs || (row.eventUs === known.eventUs && row.createdUs < known.createdUs))
    if (!isOlder) kept.set(row.key, row)
  }
  return [...kept.values()]
}

function toOnline(value: unknown): OnlineValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return jsonNumber(value)
  return typeof value === 'boolean' ? value : String(value)
}

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}
