import { FabriqueError, type LoggedPrediction, LoggedPredictionsQuery } from '@fabrique/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { momentOfId } from '../../kernel/index.js'
import { checkModelGrant, readVerb } from '../../platform/index.js'
import { shortKey } from './model.js'
import { readPredictions, toLogged } from './store.js'

interface Page {
  readonly items: LoggedPrediction[]
  readonly next_page_token?: string
}

/** Logged predictions that match, newest first; of the models that the actor may use. Throws `model_not_granted`. */
export const listPredictions = readVerb({
  name: 'predictions.list_predictions',
  permission: 'predictions.read',
  input: LoggedPredictionsQuery,
  async run({ ctx, input }): Promise<Page> {
    const { model, version, variant, key, since, until, feedback, page_token, limit } = input
    const conditions: RawBuilder<SqlBool>[] = []
    if (model !== undefined) {
      checkModelGrant(ctx.actor, model)
      conditions.push(sql`p.model = ${model}`)
    } else if (ctx.actor.models !== undefined) conditions.push(sql`p.model = any(${[...ctx.actor.models]}::text[])`)
    if (version !== undefined) conditions.push(sql`p.version = ${version}`)
    if (variant !== undefined) conditions.push(sql`p.variant = ${variant}`)
    if (key !== undefined) conditions.push(sql`p.key = ${shortKey(key)}`)
    if (since !== undefined) conditions.push(sql`p.at >= ${new Date(since)}`)
    if (until !== undefined) conditions.push(sql`p.at < ${new Date(until)}`)
    if (feedback === 'given') conditions.push(sql`f.at is not null`)
    if (feedback === 'missing') conditions.push(sql`f.at is null`)
    if (page_token !== undefined) conditions.push(isAfterToken(page_token))
    const rows = await readPredictions(ctx, { conditions, limit: limit + 1 })
    const items = rows.slice(0, limit).map(toLogged)
    const last = items.at(-1)
    return rows.length > limit && last !== undefined
      ? { items, next_page_token: `${last.prediction_id}.${last.row}` }
      : { items }
  },
})

function isAfterToken(token: string): RawBuilder<SqlBool> {
  const [, id = '', row = ''] = /^(\w+)\.(\d{1,9})$/.exec(token) ?? []
  const at = momentOfId(id)
  if (at === undefined) {
    throw new FabriqueError(
      'invalid_request',
      { field: 'page_token', reason: 'is none that a page gave' },
      { field: 'page_token' },
    )
  }
  return sql`(p.at, p.id, p.row_number) < (${at}, ${id}, ${Number(row)})`
}

/** The rows of one request. Throws `prediction_not_found`, `model_not_granted`. */
export const getPrediction = readVerb({
  name: 'predictions.get_prediction',
  permission: 'predictions.read',
  input: z.object({ prediction: z.string() }),
  async run({ ctx, input: { prediction } }): Promise<{ items: LoggedPrediction[] }> {
    const at = momentOfId(prediction)
    const conditions = [sql<SqlBool>`p.at = ${at}`, sql<SqlBool>`p.id = ${prediction}`]
    const rows = at === undefined ? [] : await readPredictions(ctx, { conditions, limit: rowsShownMax })
    const [first] = rows
    if (first === undefined) throw new FabriqueError('prediction_not_found', { prediction })
    checkModelGrant(ctx.actor, first.model)
    return { items: rows.map(toLogged).reverse() }
  },
})

const rowsShownMax = 10_000
