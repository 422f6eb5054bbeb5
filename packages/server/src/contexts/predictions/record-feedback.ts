import { FabriqueError, FeedbackItem, type FeedbackReply, type FeedbackState } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit, momentOfId, pollUntil } from '../../kernel/index.js'
import { authoriseModel, checkModelGrant, taskVerb, type VerbContext } from '../../platform/index.js'
import { changedDays } from './days.js'
import { shortKey } from './model.js'

type Item = z.output<typeof FeedbackItem>
type Given = Pick<Item, 'truth' | 'reward'>

/** A row of the log. */
interface LogPlace {
  readonly id: string
  readonly row: number
  readonly at: Date
}

/** What an item of the request is about: rows of the log, and what is told of them. */
interface Meant extends Given {
  readonly places: readonly LogPlace[]
}

/**
 * Joins what became known to its predictions: by id, or by key and time. All items are taken or none, but for those of unknown predictions where
 * these are to be left out. The same again changes nothing; what is told anew replaces what was told before, and leaves the rest of it. A
 * prediction of a moment ago that is named by its id may not be written yet: it is waited for. Throws `prediction_not_found`, `feedback_empty`,
 * `feedback_too_wide`, `feedback_rows_too_many`, `model_not_granted`.
 */
export const recordFeedback = taskVerb({
  name: 'predictions.record_feedback',
  permission: 'feedback.write',
  input: z.object({
    items: z.array(FeedbackItem).min(1).max(1000),
    on_unknown: z.enum(['refuse', 'skip']).default('refuse'),
  }),
  async run({ ctx, input: { items, on_unknown } }): Promise<FeedbackReply> {
    for (const [index, { truth, reward }] of items.entries()) {
      if (truth === undefined && reward === undefined) {
        throw new FabriqueError('feedback_empty', { item: index }, { field: `items[${index}]` })
      }
    }
    for (const item of items) if ('model' in item) authoriseModel(ctx.actor, 'feedback.write', item.model)
    const { meant, known } = await meantBy(ctx, items)
    const unknown = meant.findIndex((one) => !one.places.some((place) => known.has(nameOf(place))))
    if (unknown >= 0 && on_unknown === 'refuse') throw notFound(items[unknown], unknown)
    for (const model of new Set(known.values())) checkModelGrant(ctx.actor, model)
    const states = await write(ctx, meant, known)
    return replyOf(meant, states)
  },
})

/** What a process may take to write a prediction, doubled. */
const waitMs = 2000
const youngMs = 5000

const nameOf = ({ id, row }: Pick<LogPlace, 'id' | 'row'>) => `${id} ${row}`

function isYoung(ctx: VerbContext, { at }: LogPlace): boolean {
  return Math.abs(ctx.clock.now().getTime() - at.getTime()) < youngMs
}

function notFound(item: Item | undefined, index: number): FabriqueError {
  if (item === undefined || 'model' in item) {
    const about = `${item?.model ?? ''} ${item?.key ?? ''}`.trim()
    return new FabriqueError('prediction_not_found', { prediction: about }, { field: `items[${index}].key` })
  }
  const { prediction_id: id, row } = item
  const prediction = row === 0 ? id : `${id} row ${row}`
  return new FabriqueError('prediction_not_found', { prediction }, { field: 'prediction_id' })
}

/** The rows that each item is about, those by id whether they are there or not; and the models of those that are, by name of the row. */
async function meantBy(
  ctx: VerbContext,
  items: readonly Item[],
): Promise<{ readonly meant: readonly Meant[]; readonly known: ReadonlyMap<string, string> }> {
  const known = new Map<string, string>()
  const byKey = await findByKey(ctx, items)
  for (const { model, places } of byKey.values()) for (const place of places) known.set(nameOf(place), model)
  const meant = items.map((item): Meant => {
    const { truth, reward } = item
    if ('model' in item) return { truth, reward, places: byKey.get(askedOf(item))?.places ?? [] }
    const at = momentOfId(item.prediction_id)
    // What is no id is no prediction.
    return { truth, reward, places: at === undefined ? [] : [{ id: item.prediction_id, row: item.row, at }] }
  })
  await pollUntil(
    async () => {
      const missing = meant.flatMap(({ places }) => places.filter((place) => !known.has(nameOf(place))))
      for (const [name, model] of await findModels(ctx, missing)) known.set(name, model)
      return missing
    },
    (missing) => missing.every((place) => known.has(nameOf(place)) || !isYoung(ctx, place)),
    { clock: ctx.clock, waitMs },
  )
  return { meant, known }
}

type ItemByKey = Extract<Item, { readonly model: string }>

/** What an item by key asks for: several that ask for the same are answered at once. */
const askedOf = ({ model, key, since, until, which }: ItemByKey) => JSON.stringify([model, key, since, until, which])

interface FoundByKey {
  readonly model: string
  readonly places: readonly LogPlace[]
}

/** The rows of all items by key, one after the other: a request has one connection, and no more rows than are written in one statement. */
async function findByKey(ctx: VerbContext, items: readonly Item[]): Promise<ReadonlyMap<string, FoundByKey>> {
  const found = new Map<string, FoundByKey>()
  const max = limit('predictions.feedback_request_rows_max')
  let rows = 0
  for (const [index, item] of items.entries()) {
    if (!('model' in item) || found.has(askedOf(item))) continue
    const places = await placesOf(ctx, item, index)
    rows += places.length
    if (rows > max) throw new FabriqueError('feedback_rows_too_many', { max }, { field: `items[${index}]` })
    found.set(askedOf(item), { model: item.model, places })
  }
  return found
}

/** The rows of the log that an item by key is about. */
async function placesOf(ctx: VerbContext, item: ItemByKey, index: number): Promise<readonly LogPlace[]> {
  const { model, key, which } = item
  const now = ctx.clock.now()
  const since = new Date(item.since)
  const until = item.until === undefined ? now : new Date(item.until)
  const wrong = (field: string, reason: string, reason_fr: string) =>
    new FabriqueError('invalid_request', { field, reason, reason_fr }, { field: `items[${index}].${field}` })
  if (since.getTime() > now.getTime() + limit('predictions.clock_skew_ms_max')) {
    throw wrong(
      'since',
      `is later than now, which is ${now.toISOString()} by the clock of this server`,
      `est dans le futur\u202f: il est ${now.toISOString()} à l’horloge de ce serveur`,
    )
  }
  if (until <= since) throw wrong('until', 'must be later than since', 'doit être après since')
  const max = limit('predictions.feedback_rows_max')
  const { rows } = await sql<LogPlace>`
    select at, id, row_number as row from predictions
    where model = ${model} and key = ${shortKey(key)} and at >= ${since} and at < ${until}
    order by at desc, id desc, row_number desc limit ${which === 'latest' ? 1 : max + 1}`.execute(ctx.db)
  if (rows.length > max) {
    throw new FabriqueError('feedback_too_wide', { model, key: key.slice(0, 100), max }, { field: `items[${index}]` })
  }
  return rows
}

/** The models of those rows that are in the log, by name of the row. */
async function findModels(ctx: VerbContext, places: readonly LogPlace[]): Promise<ReadonlyMap<string, string>> {
  if (places.length === 0) return new Map()
  const times = places.map(({ at }) => at.getTime())
  // The bounds let the database leave out the other days.
  const { rows } = await sql<{ id: string; row: number; model: string }>`
    select p.id, p.row_number as row, p.model from predictions p
    join unnest(${places.map(({ at }) => at)}::timestamptz[], ${places.map(({ id }) => id)}::text[], ${places.map(({ row }) => row)}::int[])
      as asked (at, id, row_number) on p.at = asked.at and p.id = asked.id and p.row_number = asked.row_number
    where p.at between ${new Date(times.reduce((least, time) => Math.min(least, time)))}
      and ${new Date(times.reduce((most, time) => Math.max(most, time)))}`.execute(ctx.db)
  return new Map(rows.map(({ id, row, model }) => [nameOf({ id, row }), model]))
}

/** Writes what is told of each row once: one statement cannot write a row twice. Returns what became of it, by name of the row. */
async function write(
  ctx: VerbContext,
  meant: readonly Meant[],
  known: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Exclude<FeedbackState, 'unknown'>>> {
  const merged = new Map<string, LogPlace & Given & { readonly model: string }>()
  for (const { places, truth, reward } of meant) {
    for (const place of places) {
      const name = nameOf(place)
      const model = known.get(name)
      const before = merged.get(name)
      if (model === undefined) continue
      merged.set(name, { ...place, model, truth: truth ?? before?.truth, reward: reward ?? before?.reward })
    }
  }
  const rows = [...merged.values()]
  if (rows.length === 0) return new Map()
  const { days, models } = changedDays(rows)
  const truths = rows.map(({ truth }) => (truth === undefined ? null : JSON.stringify(truth)))
  const { rows: written } = await sql<{ id: string; row: number; state: Exclude<FeedbackState, 'unknown'> }>`
    with given as (
      select * from unnest(
        ${rows.map(({ at }) => at)}::timestamptz[], ${rows.map(({ id }) => id)}::text[], ${rows.map(({ row }) => row)}::int[],
        ${truths}::text[], ${rows.map(({ reward }) => reward ?? null)}::float8[]
      ) as given (at, id, row_number, truth, reward)
    ), changed as (
      select given.*, case when kept.at is null then 'recorded'
        when (kept.truth::text, kept.reward) is distinct from (coalesce(given.truth, kept.truth::text), coalesce(given.reward, kept.reward))
        then 'changed' else 'unchanged' end as state
      from given left join prediction_feedback kept
        on kept.predicted_at = given.at and kept.prediction_id = given.id and kept.row_number = given.row_number
    ), written as (
      insert into prediction_feedback as kept (predicted_at, prediction_id, row_number, truth, reward, at, actor)
      select at, id, row_number, truth::json, reward, ${ctx.clock.now()}, ${ctx.actor.id} from given
      on conflict (predicted_at, prediction_id, row_number) do update
      set truth = coalesce(excluded.truth, kept.truth), reward = coalesce(excluded.reward, kept.reward), at = excluded.at,
        actor = excluded.actor
      where (kept.truth::text, kept.reward) is distinct from
        (coalesce(excluded.truth, kept.truth)::text, coalesce(excluded.reward, kept.reward))
    ), days as (
      insert into prediction_days (day, model, changes)
      select day, model, 1 from unnest(${days}::date[], ${models}::text[]) as told (day, model)
      where exists (select 1 from changed where state <> 'unchanged')
      on conflict (day, model) do update set changes = prediction_days.changes + 1
    )
    select id, row_number as row, state from changed`.execute(ctx.db)
  return new Map(written.map(({ id, row, state }) => [nameOf({ id, row }), state]))
}

/** What became of each item: of one that is about several rows, the most that happened to any. */
function replyOf(
  meant: readonly Meant[],
  states: ReadonlyMap<string, Exclude<FeedbackState, 'unknown'>>,
): FeedbackReply {
  const items = meant.map(({ places }) => {
    const found = places.flatMap((place) => states.get(nameOf(place)) ?? [])
    const state: FeedbackState =
      found.length === 0 ? 'unknown' : (order.find((one) => found.includes(one)) ?? 'unchanged')
    return { state, rows: found.length }
  })
  const count = (state: FeedbackState) => items.filter((one) => one.state === state).length
  return {
    recorded: items.length - count('unknown'),
    counts: {
      recorded: count('recorded'),
      changed: count('changed'),
      unchanged: count('unchanged'),
      unknown: count('unknown'),
    },
    items,
  }
}

const order = ['changed', 'recorded', 'unchanged'] as const
