import { FabriqueError, FeedbackItem } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { momentOfId, pollUntil } from '../../kernel/index.js'
import { authoriseModel, taskVerb, type VerbContext } from '../../platform/index.js'

type Item = z.output<typeof FeedbackItem>

/**
 * Joins what became known to its predictions, all or none. The same again changes nothing; what is told anew replaces what was told before, and leaves
 * the rest of it. A prediction of a moment ago may not be written yet: it is waited for. Throws `prediction_not_found`,
 * `feedback_empty`, `model_not_granted`.
 */
export const recordFeedback = taskVerb({
  name: 'predictions.record_feedback',
  permission: 'feedback.write',
  input: z.object({ items: z.array(FeedbackItem).min(1).max(1000) }),
  async run({ ctx, input: { items } }): Promise<{ readonly recorded: number }> {
    for (const [index, { truth, reward }] of items.entries()) {
      if (truth === undefined && reward === undefined) {
        throw new FabriqueError('feedback_empty', { item: index }, { field: `items[${index}]` })
      }
    }
    const merged = mergeItems(items)
    const missing = await pollUntil(
      () => firstMissing(ctx, merged),
      (one) => one === undefined || !isYoung(ctx, one),
      { clock: ctx.clock, waitMs },
    )
    if (missing !== undefined) {
      throw new FabriqueError('prediction_not_found', { prediction: nameOf(missing) }, { field: 'prediction_id' })
    }
    for (const model of await modelsOf(ctx, merged)) authoriseModel(ctx.actor, 'feedback.write', model)
    await write(ctx, merged)
    return { recorded: items.length }
  },
})

/** What a process may take to write a prediction, doubled. */
const waitMs = 2000
const youngMs = 5000

const nameOf = ({ prediction_id, row }: Item) => (row === 0 ? prediction_id : `${prediction_id} row ${row}`)

function isYoung(ctx: VerbContext, { prediction_id }: Item): boolean {
  const at = momentOfId(prediction_id)
  return at !== undefined && Math.abs(ctx.clock.now().getTime() - at.getTime()) < youngMs
}

/** One item for each row: one statement cannot write a row twice. */
function mergeItems(items: readonly Item[]): readonly Item[] {
  const merged = new Map<string, Item>()
  for (const item of items) {
    const { prediction_id, row, truth, reward } = item
    const name = nameOf(item)
    const before = merged.get(name)
    merged.set(name, { prediction_id, row, truth: truth ?? before?.truth, reward: reward ?? before?.reward })
  }
  return [...merged.values()]
}

const never = new Date(0)
const momentsOf = (items: readonly Item[]) => items.map(({ prediction_id }) => momentOfId(prediction_id) ?? never)

async function firstMissing(ctx: VerbContext, items: readonly Item[]): Promise<Item | undefined> {
  const moments = momentsOf(items)
  const times = moments.map((at) => at.getTime())
  // The bounds let the database leave out the other days.
  const { rows } = await sql<{ place: number }>`
    select asked.place::int as place
    from unnest(${moments}::timestamptz[], ${items.map(({ prediction_id }) => prediction_id)}::text[], ${items.map(({ row }) => row)}::int[])
      with ordinality as asked (at, id, row_number, place)
    where not exists (
      select 1 from predictions p
      where p.at = asked.at and p.id = asked.id and p.row_number = asked.row_number
        and p.at between ${new Date(Math.min(...times))} and ${new Date(Math.max(...times))}
    )
    order by asked.place limit 1`.execute(ctx.db)
  const [first] = rows
  return first === undefined ? undefined : items[first.place - 1]
}

/** The models that predicted these. */
async function modelsOf(ctx: VerbContext, items: readonly Item[]): Promise<readonly string[]> {
  const moments = momentsOf(items)
  const times = moments.map((at) => at.getTime())
  const { rows } = await sql<{ model: string }>`
    select distinct p.model from predictions p
    join unnest(${moments}::timestamptz[], ${items.map(({ prediction_id }) => prediction_id)}::text[]) as asked (at, id)
      on p.at = asked.at and p.id = asked.id
    where p.at between ${new Date(Math.min(...times))} and ${new Date(Math.max(...times))}`.execute(ctx.db)
  return rows.map(({ model }) => model)
}

async function write(ctx: VerbContext, items: readonly Item[]): Promise<void> {
  const truths = items.map(({ truth }) => (truth === undefined ? null : JSON.stringify(truth)))
  await sql`
    insert into prediction_feedback as kept (predicted_at, prediction_id, row_number, truth, reward, at, actor)
    select at, id, row_number, truth::json, reward, ${ctx.clock.now()}, ${ctx.actor.id}
    from unnest(
      ${momentsOf(items)}::timestamptz[], ${items.map(({ prediction_id }) => prediction_id)}::text[],
      ${items.map(({ row }) => row)}::int[], ${truths}::text[], ${items.map(({ reward }) => reward ?? null)}::float8[]
    ) as given (at, id, row_number, truth, reward)
    on conflict (predicted_at, prediction_id, row_number) do update
    set truth = coalesce(excluded.truth, kept.truth), reward = coalesce(excluded.reward, kept.reward), at = excluded.at,
      actor = excluded.actor
    where (kept.truth::text, kept.reward) is distinct from
      (coalesce(excluded.truth, kept.truth)::text, coalesce(excluded.reward, kept.reward))`.execute(ctx.db)
}
