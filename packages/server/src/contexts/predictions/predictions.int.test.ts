import { createHash } from 'node:crypto'
import type { LoggedPrediction } from '@fabrique/contract'
import { rolePermissions } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { limit, momentOfId } from '../../kernel/index.js'
import { answerFigures } from './answer-figures.js'
import { getPrediction, listPredictions } from './list-predictions.js'
import type { Answered, AnsweredLater } from './model.js'
import { openPredictionLog, Thinning } from './prediction-log.js'
import { recordFeedback } from './record-feedback.js'
import { tidyUpPredictions } from './tidy-up.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const answered = (change: Partial<Answered> = {}): Answered => ({
  model: 'iris',
  version: '3',
  rows: [[5.1, 'x']],
  names: ['length', 'kind'],
  predictions: [{ prediction: 'setosa', probabilities: { setosa: 0.9, virginica: 0.1 } }],
  requestId: 'req_1',
  actor: 'local',
  durationMs: 1.25,
  bytes: 30,
  ...change,
})

const open = (options: Partial<Parameters<typeof openPredictionLog>[0]> = {}) =>
  openPredictionLog({ ctx: suite.ctx, process: 'p1', share: 1, definitionOf: () => undefined, ...options })

const kept = (id: string | undefined): string => {
  if (id === undefined) throw new Error('It is not kept')
  return id
}

describe('the log', () => {
  test('has each row of an answer, by name, under an id that tells its moment', async () => {
    const log = open()
    const rows = [{ length: 1, kind: 'a' }, { kind: 'b' }]
    const predictions = [{ prediction: 1 }, { prediction: 2 }]
    const id = kept(log.keep(answered({ rows, predictions, model: 'two' })))
    await log.close()
    expect(momentOfId(id)).toEqual(suite.ctx.clock.now())
    const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(items).toMatchObject([
      { row: 0, inputs: rows[0], output: { prediction: 1 }, model: 'two', version: '3', weight: 1, duration_ms: 1.25 },
      { row: 1, inputs: rows[1], output: { prediction: 2 }, request_id: 'req_1', actor: 'local' },
    ])
  })

  test('tells whom each version answered, of what was written together', async () => {
    const log = open()
    const given = [
      { alias: 'champion', assignedBy: 'a "key", {of} \\ signs' },
      { variant: 'roll_1:candidate', version: '4', actor: 'o\'hara, "jim"' },
      { alias: 'champion', requestId: 'req,{2}' },
      { model: 'other', version: '3', durationMs: 1e-7 },
      { alias: 'null', assignedBy: 'null' },
    ].map((change) => {
      const one = answered(change)
      const id = kept(log.keep(one))
      const at = suite.ctx.clock.now().toISOString()
      suite.clock.advance(2 * 3_600_000 + 1)
      return { ...one, id, at }
    })
    await log.close()
    for (const { id, at, model, version, alias, variant, assignedBy, requestId, actor, durationMs } of given) {
      const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
      const who = { model, version, alias, variant, key: assignedBy, actor }
      const [{ inputs, output, weight, ...found }] = items as [LoggedPrediction]
      expect(found).toEqual({ ...who, prediction_id: id, row: 0, at, request_id: requestId, duration_ms: durationMs })
      expect([inputs, output, weight]).toEqual([{ length: 5.1, kind: 'x' }, answered().predictions[0], 1])
    }
  })

  test('names values that came in the order of the signature', async () => {
    const log = open()
    const id = kept(log.keep(answered()))
    await log.close()
    const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(items[0]?.inputs).toEqual({ length: 5.1, kind: 'x' })
  })

  test('does not have what a project hides, neither given nor looked up', async () => {
    const definition = { share: 1, redact: ['kind', 'income'] }
    const log = open({ definitionOf: (model) => (model === 'hiding' ? definition : undefined) })
    const used = {
      name: 'income',
      view: 'v',
      value: 12_345,
      status: 'PRESENT',
      event_time: null,
      age_seconds: null,
    } as const
    const id = kept(
      log.keep(answered({ model: 'hiding', rows: [{ user: 7, kind: 'x' }], keys: ['user'], used: [[used]] })),
    )
    await log.close()
    const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(items[0]).toMatchObject({ key: '7', inputs: { user: 7, kind: '[redacted]' } })
    const { rows } = await sql<{ text: string }>`select p::text as text from predictions p where id = ${id}`.execute(
      suite.ctx.db,
    )
    expect(rows[0]?.text).not.toContain('12345')
  })

  test('has no key that a project hides, and the hash of one that is very long', async () => {
    const log = open({ definitionOf: (model) => (model === 'hiding' ? { share: 1, redact: ['user'] } : undefined) })
    const hidden = kept(log.keep(answered({ model: 'hiding', rows: [{ user: 'anna' }], keys: ['user'] })))
    const long = 'é'.repeat(1500)
    const given = kept(log.keep(answered({ assignedBy: long })))
    const looked = kept(log.keep(answered({ rows: [{ user: '日'.repeat(1000) }], keys: ['user'] })))
    await log.close()
    const keyOf = async (prediction: string) =>
      (await getPrediction({ ctx: suite.ctx, input: { prediction } })).items[0]?.key
    expect(await keyOf(hidden)).toBeUndefined()
    expect(await keyOf(given)).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await keyOf(looked)).toMatch(/^sha256:/)
    const { items } = await listPredictions({ ctx: suite.ctx, input: { key: long } })
    expect(items.map(({ prediction_id }) => prediction_id)).toEqual([given])
  })

  test('leaves out a row that the database refuses, and keeps those beside it', async () => {
    const log = open()
    const before = kept(log.keep(answered({ model: 'beside' })))
    // No index takes a text of this length that does not get shorter.
    const noise = Array.from({ length: 300 }, (_, index) => createHash('sha256').update(`${index}`).digest('hex')).join(
      '',
    )
    log.keep(answered({ model: noise }))
    const after = kept(log.keep(answered({ model: 'beside' })))
    await log.close()
    expect(log.leftOut()).toBe(1)
    const { items } = await listPredictions({ ctx: suite.ctx, input: { model: 'beside' } })
    expect(items.map(({ prediction_id }) => prediction_id)).toEqual([after, before])
  })

  test('keeps the same part of each version, also where they take turns', async () => {
    const log = open({ share: 0.5 })
    for (let count = 0; count < 40; count += 1) log.keep(answered({ model: count % 2 === 0 ? 'turn-a' : 'turn-b' }))
    await log.close()
    for (const model of ['turn-a', 'turn-b']) {
      expect((await listPredictions({ ctx: suite.ctx, input: { model } })).items).toHaveLength(10)
    }
  })

  test('keeps a part of the requests that stands for all', async () => {
    const log = open({ definitionOf: () => ({ share: 0.25, redact: [] }) })
    for (let count = 0; count < 100; count += 1) {
      log.keep(answered({ model: 'shared' }))
      suite.clock.advance(20)
    }
    await log.close()
    const { rows } = await sql<{ count: number; weight: number }>`
      select count(*)::int as count, sum(weight)::float8 as weight from predictions where model = 'shared'`.execute(
      suite.ctx.db,
    )
    expect(rows[0]).toEqual({ count: 25, weight: 100 })
  })

  test('keeps none where the share is 0', async () => {
    const log = open({ share: 0 })
    expect(log.keep(answered())).toBeUndefined()
    await log.close()
  })

  test('has the first rows of a large request, which stand for all', async () => {
    const log = open()
    const count = limit('predictions.rows_of_request_max') * 2
    const rows = Array.from({ length: count }, (_, index) => [index, 'x'])
    const predictions = rows.map(() => ({ prediction: 1 }))
    suite.clock.advance(10_000)
    log.keep(answered({ model: 'large', rows, predictions }))
    await log.close()
    const { rows: found } = await sql<{ count: number; weight: number }>`
      select count(*)::int as count, sum(weight)::float8 as weight from predictions where model = 'large'`.execute(
      suite.ctx.db,
    )
    expect(found[0]).toEqual({ count: count / 2, weight: count })
  })

  test('leaves out what is too much to wait, and counts it', async () => {
    const log = open()
    const bytes = limit('predictions.waiting_bytes_max') / 2 + 1
    suite.clock.advance(10_000)
    expect(log.keep(answered({ bytes }))).toBeDefined()
    expect(log.keep(answered({ bytes }))).toBeUndefined()
    expect(log.leftOut()).toBe(1)
    await log.flush()
    expect(log.keep(answered({ bytes }))).toBeDefined()
    await log.close()
  })

  test('loses nothing that comes while it writes', async () => {
    const log = open()
    const ids: string[] = []
    for (let round = 0; round < 20; round += 1) {
      ids.push(kept(log.keep(answered({ model: 'meanwhile' }))))
      const flushing = log.flush()
      for (let turn = 0; turn < 10; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        ids.push(kept(log.keep(answered({ model: 'meanwhile' }))))
      }
      await flushing
    }
    await log.close()
    const { items } = await listPredictions({ ctx: suite.ctx, input: { model: 'meanwhile', limit: 1000 } })
    expect(items.map(({ prediction_id }) => prediction_id)).toEqual(ids.reverse())
  })

  test('takes texts that a database cannot hold', async () => {
    const log = open()
    const id = kept(log.keep(answered({ rows: [['a\u0000b', '\ud800']] })))
    const beside = kept(log.keep(answered({ rows: [{ user: 'a\u0000' }], keys: ['user'] })))
    await log.close()
    const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(items[0]?.inputs).toEqual({ length: 'a\ufffdb', kind: '\ufffd' })
    expect((await getPrediction({ ctx: suite.ctx, input: { prediction: beside } })).items).toHaveLength(1)
  })
})

describe('the list', () => {
  test('has every row once, newest first, page by page, and finds by what is asked', async () => {
    const log = open()
    const ids: string[] = []
    for (let index = 0; index < 7; index += 1) {
      const rows = [{ user: index % 2 }, { user: 'z' }]
      const predictions = [{ prediction: index }, { prediction: index }]
      ids.push(
        kept(log.keep(answered({ model: 'paged', version: String(index % 2), rows, predictions, keys: ['user'] }))),
      )
      // Some have the same moment.
      if (index % 3 === 0) suite.clock.advance(1000)
    }
    await log.close()
    const seen: string[] = []
    let page_token: string | undefined
    do {
      const page = await listPredictions({ ctx: suite.ctx, input: { model: 'paged', limit: 3, page_token } })
      seen.push(...page.items.map(({ prediction_id, row }) => `${prediction_id}.${row}`))
      page_token = page.next_page_token
    } while (page_token !== undefined)
    expect(seen).toEqual(ids.flatMap((id) => [`${id}.0`, `${id}.1`]).reverse())
    const odd = await listPredictions({ ctx: suite.ctx, input: { model: 'paged', version: '1', key: '1' } })
    expect(odd.items.map(({ inputs }) => inputs)).toEqual([{ user: 1 }, { user: 1 }, { user: 1 }])
  })

  test('refuses a token that no page gave', async () => {
    for (const page_token of ['x', 'pred_1.2', 'pred_00000000000000000000000000']) {
      await expect(listPredictions({ ctx: suite.ctx, input: { page_token } })).rejects.toMatchObject({
        code: 'invalid_request',
        field: 'page_token',
      })
    }
  })
})

describe('answers whose rows are made later', () => {
  const later = (change: Partial<AnsweredLater> = {}): AnsweredLater => ({
    model: 'later',
    version: '1',
    rowCount: 1,
    bytes: 100,
    requestId: 'req_1',
    actor: 'local',
    durationMs: 1,
    read: () => [{ inputs: { a: 1, email: 'x' }, output: { prediction: 1 } }],
    ...change,
  })

  const keepLater = (log: ReturnType<typeof open>, one: AnsweredLater): string => {
    const place = log.reserve(one)
    place?.keep()
    return kept(place?.id)
  }

  test('are written as others, without what a project hides', async () => {
    const log = open({ definitionOf: () => ({ share: 1, redact: ['email'] }) })
    const id = keepLater(log, later({ alias: 'champion', variant: 'roll_1/v1/0', assignedBy: 'anna' }))
    await log.close()
    const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(items).toMatchObject([
      { inputs: { a: 1, email: '[redacted]' }, alias: 'champion', variant: 'roll_1/v1/0', key: 'anna', weight: 1 },
    ])
  })

  test('stand for as many rows as were asked, also where that is known late', async () => {
    const log = open()
    const rows = (count: number) =>
      Array.from({ length: count }, (_, a) => ({ inputs: { a }, output: { prediction: a } }))
    suite.clock.advance(10_000)
    keepLater(log, later({ model: 'counted-early', rowCount: 3000, read: () => rows(1000) }))
    suite.clock.advance(10_000)
    keepLater(log, later({ model: 'counted-late', read: () => rows(1500) }))
    await log.close()
    const { rows: found } = await sql<{ model: string; count: number; weight: number }>`
      select model, count(*)::int as count, sum(weight)::float8 as weight from predictions where model like 'counted-%'
      group by model order by model`.execute(suite.ctx.db)
    expect(found).toEqual([
      { model: 'counted-early', count: 1000, weight: 3000 },
      { model: 'counted-late', count: 1000, weight: 1500 },
    ])
  })

  test('are left out and counted where they cannot be told as rows, and keep none beside them', async () => {
    const log = open()
    const fails = () => {
      throw new Error('no rows')
    }
    keepLater(log, later({ read: fails }))
    const beside = keepLater(log, later())
    await log.close()
    expect(log.leftOut()).toBe(1)
    expect((await getPrediction({ ctx: suite.ctx, input: { prediction: beside } })).items).toHaveLength(1)
  })

  test('are not in the log where they were never given, and leave their room', async () => {
    const log = open()
    suite.clock.advance(10_000)
    const bytes = limit('predictions.waiting_bytes_max')
    const left = log.reserve(later({ bytes }))
    expect(log.reserve(later())).toBeUndefined()
    left?.leave()
    const id = keepLater(log, later({ bytes }))
    await log.close()
    expect(id).not.toBe(left?.id)
    await expect(getPrediction({ ctx: suite.ctx, input: { prediction: kept(left?.id) } })).rejects.toMatchObject({
      code: 'prediction_not_found',
    })
  })

  /** Has the database refuse rows of a model, until what is returned is called. */
  const refuseRows = async (model: string, code: string) => {
    const { db } = suite.ctx
    await sql`create function refuse_rows() returns trigger language plpgsql as ${sql.lit(
      `begin if new.model = '${model}' then raise exception 'refused' using errcode = '${code}'; end if; return new; end`,
    )}`.execute(db)
    await sql`create trigger refuse_rows before insert on predictions for each row execute function refuse_rows()`.execute(
      db,
    )
    return async () => {
      await sql`drop function refuse_rows cascade`.execute(db)
    }
  }

  test('are made as many as one statement writes, not all that wait', async () => {
    const log = open()
    suite.clock.advance(10_000)
    const model = 'many-rows'
    const made: number[] = []
    for (let request = 0; request < 6; request += 1) {
      const read = () => {
        made.push(request)
        return Array.from({ length: 1000 }, () => ({ inputs: { request }, output: { prediction: 1 } }))
      }
      keepLater(log, later({ model, read }))
    }
    const accept = await refuseRows(model, '40001')
    await log.flush()
    expect(Math.max(...made)).toBe(1)
    await accept()
    await log.close()
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from predictions where model = ${model}`.execute(suite.ctx.db)
    expect(rows[0]?.count).toBe(6000)
  })

  test('are halved where the database takes too long, until the others are written', async () => {
    const accept = await refuseRows('too-much', '57014')
    const log = open()
    suite.clock.advance(10_000)
    keepLater(log, later({ model: 'too-much' }))
    const beside = keepLater(log, later({ model: 'beside-it' }))
    await log.close()
    await accept()
    expect(log.leftOut()).toBe(1)
    expect((await getPrediction({ ctx: suite.ctx, input: { prediction: beside } })).items).toHaveLength(1)
  })

  test('count as the rows that they likely become, where there are too many', async () => {
    const log = open()
    suite.clock.advance(10_000)
    const places = Array.from({ length: 5 }, () => log.reserve(later({ model: 'thinned', likelyRows: 1000 })))
    expect(places.filter((place) => place !== undefined).length).toBeLessThan(4)
    for (const place of places) place?.leave()
    await log.close()
  })

  test('wait within the same bounds', () => {
    const log = open()
    const bytes = limit('predictions.waiting_bytes_max')
    suite.clock.advance(10_000)
    expect(log.reserve(later({ bytes: bytes + 1 }))).toBeUndefined()
    expect(log.leftOut()).toBe(1)
  })
})

test('long texts are cut, and say so', async () => {
  const log = open()
  const image = 'A'.repeat(limit('predictions.text_chars_max') + 7)
  const id = kept(log.keep(answered({ rows: [{ image }] })))
  await log.close()
  const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
  expect(items[0]?.inputs.image).toBe(`${image.slice(0, -7)}… [cut: ${image.length} characters]`)
})

test('who may use some models only sees nothing of others', async () => {
  const log = open()
  const [mine, other] = [kept(log.keep(answered({ model: 'mine' }))), kept(log.keep(answered({ model: 'not-mine' })))]
  log.count({ model: 'mine', version: '1' }, 1, 'answered')
  log.count({ model: 'not-mine', version: '1' }, 1, 'answered')
  await log.close()
  const viewer = { ...suite.ctx.actor, permissions: new Set(rolePermissions.viewer), models: new Set(['mine']) }
  const ctx = { ...suite.ctx, actor: viewer }
  const { items } = await listPredictions({ ctx, input: { limit: 1000 } })
  expect(items.map(({ prediction_id }) => prediction_id)).toEqual([mine])
  const refused = { code: 'model_not_granted' }
  await expect(listPredictions({ ctx, input: { model: 'not-mine' } })).rejects.toMatchObject(refused)
  await expect(getPrediction({ ctx, input: { prediction: other } })).rejects.toMatchObject(refused)
  expect((await getPrediction({ ctx, input: { prediction: mine } })).items).toHaveLength(1)
  const span = {
    since: new Date(ctx.clock.now().getTime() - 60_000).toISOString(),
    until: new Date(ctx.clock.now().getTime() + 60_000).toISOString(),
  }
  const figures = await answerFigures({ ctx, input: span })
  expect([...new Set(figures.map(({ model }) => model))]).toEqual(['mine'])
  await expect(answerFigures({ ctx, input: { ...span, model: 'not-mine' } })).rejects.toMatchObject(refused)
})

describe('feedback', () => {
  test('is joined to its row; what is told anew stands, and the rest stays', async () => {
    const log = open()
    const predictions = [{ prediction: 1 }, { prediction: 2 }]
    const id = kept(
      log.keep(
        answered({
          rows: [
            [1, 'a'],
            [2, 'b'],
          ],
          predictions,
        }),
      ),
    )
    await log.close()
    const send = (item: object) =>
      recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: id, ...item }] } })
    expect(await send({ row: 1, truth: 'setosa' })).toMatchObject({ recorded: 1 })
    await send({ row: 1, reward: 0.5 })
    await send({ row: 1, truth: 'virginica' })
    const { items } = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(items[0]?.feedback).toBeUndefined()
    expect(items[1]?.feedback).toMatchObject({ truth: 'virginica', reward: 0.5, actor: 'local' })
    const given = await listPredictions({ ctx: suite.ctx, input: { feedback: 'given' } })
    expect(given.items.map(({ prediction_id, row }) => [prediction_id, row])).toEqual([[id, 1]])
  })

  test('takes several of one row in one request', async () => {
    const log = open()
    const id = kept(log.keep(answered()))
    await log.close()
    const items = [
      { prediction_id: id, truth: false },
      { prediction_id: id, reward: 0 },
    ]
    expect(await recordFeedback({ ctx: suite.ctx, input: { items } })).toMatchObject({ recorded: 2 })
    const found = await getPrediction({ ctx: suite.ctx, input: { prediction: id } })
    expect(found.items[0]?.feedback).toMatchObject({ truth: false, reward: 0 })
  })

  test('takes all items or none', async () => {
    const log = open()
    const id = kept(log.keep(answered()))
    await log.close()
    suite.clock.advance(60_000)
    const known = { prediction_id: id, truth: 1 }
    for (const unknown of [`${id.slice(0, -1)}z`, 'nothing', id.replace('pred_', 'pred_zz')]) {
      const items = [known, { prediction_id: unknown, truth: 1 }]
      await expect(recordFeedback({ ctx: suite.ctx, input: { items } })).rejects.toMatchObject({
        code: 'prediction_not_found',
      })
    }
    const beyond = [known, { prediction_id: id, row: 1, truth: 1 }]
    await expect(recordFeedback({ ctx: suite.ctx, input: { items: beyond } })).rejects.toMatchObject({
      code: 'prediction_not_found',
    })
    await expect(recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: id }] } })).rejects.toMatchObject({
      code: 'feedback_empty',
    })
    expect((await getPrediction({ ctx: suite.ctx, input: { prediction: id } })).items[0]?.feedback).toBeUndefined()
  })

  test('is not taken from who is limited to other models', async () => {
    const log = open()
    const id = kept(log.keep(answered()))
    await log.close()
    const actor = { ...suite.ctx.actor, models: new Set(['other']) }
    const items = [{ prediction_id: id, reward: 1 }]
    await expect(recordFeedback({ ctx: { ...suite.ctx, actor }, input: { items } })).rejects.toMatchObject({
      code: 'model_not_granted',
    })
  })

  test('tells what became of each item: the first, another, the same again, and of no prediction', async () => {
    const log = open()
    const [first, second] = [kept(log.keep(answered())), kept(log.keep(answered()))]
    await log.close()
    suite.clock.advance(60_000)
    const send = (items: readonly object[], on_unknown?: 'skip') =>
      recordFeedback({
        ctx: suite.ctx,
        input: { items: items as never, ...(on_unknown === undefined ? {} : { on_unknown }) },
      })
    expect((await send([{ prediction_id: first, truth: 'a' }])).items).toEqual([{ state: 'recorded', rows: 1 }])
    const unknown = `${first.slice(0, -1)}z`
    const told = [
      { prediction_id: first, truth: 'a' },
      { prediction_id: second, truth: 'b' },
      { prediction_id: unknown, truth: 'c' },
    ]
    await expect(send(told)).rejects.toMatchObject({ code: 'prediction_not_found' })
    expect(await send(told, 'skip')).toEqual({
      recorded: 2,
      counts: { recorded: 1, changed: 0, unchanged: 1, unknown: 1 },
      items: [
        { state: 'unchanged', rows: 1 },
        { state: 'recorded', rows: 1 },
        { state: 'unknown', rows: 0 },
      ],
    })
    expect((await send([{ prediction_id: first, truth: 'z' }])).counts.changed).toBe(1)
    expect((await getPrediction({ ctx: suite.ctx, input: { prediction: first } })).items[0]?.feedback?.truth).toBe('z')
  })

  test('is joined by key and time', async () => {
    const log = open()
    const since = suite.ctx.clock.now().toISOString()
    const ids: string[] = []
    for (const key of ['u1', 'u2', 'u1']) {
      ids.push(kept(log.keep(answered({ model: 'keyed', assignedBy: key }))))
      suite.clock.advance(60_000)
    }
    await log.close()
    const about = { model: 'keyed', key: 'u1', since }
    const send = (item: object) =>
      recordFeedback({ ctx: suite.ctx, input: { items: [{ ...about, ...item } as never] } })
    const truths = async () => {
      const { items } = await listPredictions({ ctx: suite.ctx, input: { model: 'keyed' } })
      return items.map(({ feedback }) => feedback?.truth).reverse()
    }
    expect((await send({ truth: 'no', which: 'latest' })).items).toEqual([{ state: 'recorded', rows: 1 }])
    expect(await truths()).toEqual([undefined, undefined, 'no'])
    expect((await send({ truth: 'yes' })).items).toEqual([{ state: 'changed', rows: 2 }])
    expect(await truths()).toEqual(['yes', undefined, 'yes'])
    const until = new Date(Date.parse(since) + 30_000).toISOString()
    expect((await send({ truth: 'first', until })).items).toEqual([{ state: 'changed', rows: 1 }])
    expect(await truths()).toEqual(['first', undefined, 'yes'])
    await expect(send({ truth: 1, key: 'nobody' })).rejects.toMatchObject({ code: 'prediction_not_found' })
    await expect(send({ truth: 1, until: since })).rejects.toMatchObject({ field: 'items[0].until' })
    const future = new Date(suite.ctx.clock.now().getTime() + limit('predictions.clock_skew_ms_max') + 1).toISOString()
    await expect(send({ truth: 1, since: future })).rejects.toMatchObject({ field: 'items[0].since' })
    const ctx = { ...suite.ctx, actor: { ...suite.ctx.actor, models: new Set(['other']) } }
    const items = [{ ...about, truth: 1, which: 'all' as const }]
    await expect(recordFeedback({ ctx, input: { items } })).rejects.toMatchObject({ code: 'model_not_granted' })
  })

  test('is refused where it is about more rows than are meant by one', async () => {
    const log = open()
    const since = suite.ctx.clock.now().toISOString()
    const count = limit('predictions.feedback_rows_max') / 2 + 1
    for (let request = 0; request < 2; request += 1) {
      suite.clock.advance(2000)
      const rows = Array.from({ length: count }, () => [1, 'x'])
      kept(
        log.keep(answered({ model: 'crowd', assignedBy: 'u', rows, predictions: rows.map(() => ({ prediction: 1 })) })),
      )
    }
    await log.close()
    suite.clock.advance(2000)
    const items = [{ model: 'crowd', key: 'u', since, truth: 1, which: 'all' as const }]
    await expect(recordFeedback({ ctx: suite.ctx, input: { items } })).rejects.toMatchObject({
      code: 'feedback_too_wide',
    })
  })

  test('is refused where all items are about more rows than one request may, and asks for the same once', async () => {
    const log = open()
    const since = suite.ctx.clock.now().toISOString()
    const rowsOf = limit('predictions.feedback_rows_max')
    for (let user = 0; user < 2; user += 1) {
      suite.clock.advance(2000)
      const rows = Array.from({ length: rowsOf }, () => [1, 'x'])
      const predictions = rows.map(() => ({ prediction: 1 }))
      kept(log.keep(answered({ model: 'wide-crowd', assignedBy: `u${user}`, rows, predictions })))
    }
    await log.close()
    suite.clock.advance(2000)
    const item = (user: number, until?: number) => ({
      model: 'wide-crowd',
      key: `u${user}`,
      since,
      ...(until === undefined ? {} : { until: new Date(suite.ctx.clock.now().getTime() + until).toISOString() }),
      reward: 1,
      which: 'all' as const,
    })
    const same = Array.from({ length: 20 }, () => item(0))
    expect((await recordFeedback({ ctx: suite.ctx, input: { items: same } })).items[19]).toMatchObject({ rows: rowsOf })
    // Of other spans: what is asked differs, and the rows do not.
    const others = Array.from({ length: 11 }, (_, index) => item(1, index + 1))
    await expect(recordFeedback({ ctx: suite.ctx, input: { items: others } })).rejects.toMatchObject({
      code: 'feedback_rows_too_many',
      field: 'items[10]',
    })
  })

  test('waits for a prediction that is about to be written', async () => {
    const log = open()
    const id = kept(log.keep(answered()))
    const told = recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: id, reward: 1 }] } })
    await log.flush()
    expect(await told).toMatchObject({ recorded: 1 })
    await log.close()
  })
})

describe('figures', () => {
  test('add up what several processes counted, by version and span of time', async () => {
    suite.clock.advance(3_600_000 - (suite.ctx.clock.now().getTime() % 3_600_000))
    const since = suite.ctx.clock.now()
    const [one, two] = [open(), open({ process: 'p2' })]
    const answerer = { model: 'counted', version: '1' }
    for (let index = 0; index < 100; index += 1) one.count(answerer, 10, 'answered')
    await one.flush()
    for (let index = 0; index < 100; index += 1) two.count(answerer, 100, 'answered')
    two.count(answerer, 1, 'refused')
    two.count({ ...answerer, variant: 'canary' }, 1, 'failed')
    suite.clock.advance(120_000)
    one.count(answerer, 10, 'answered')
    await Promise.all([one.close(), two.close()])
    const figures = (step_seconds: number) =>
      answerFigures({
        ctx: suite.ctx,
        input: {
          model: 'counted',
          step_seconds,
          since: since.toISOString(),
          until: new Date(since.getTime() + 3_600_000).toISOString(),
        },
      })
    const [whole, canary] = await figures(3600)
    expect(whole).toMatchObject({ from: since.toISOString(), answered: 201, refused: 1, failed: 0 })
    expect(whole?.p50_ms).toBeCloseTo(10, 0)
    expect((whole?.p99_ms ?? 0) / 100).toBeCloseTo(1, 1)
    expect(canary).toMatchObject({ variant: 'canary', answered: 0, failed: 1 })
    expect((await figures(60)).map(({ answered: count }) => count)).toEqual([200, 0, 1])
  })

  test('are refused in more steps than are answered', async () => {
    const input = { since: '2020-01-01T00:00:00Z', until: '2021-01-01T00:00:00Z', step_seconds: 60 }
    await expect(answerFigures({ ctx: suite.ctx, input })).rejects.toMatchObject({ field: 'step_seconds' })
  })
})

test('whole days leave when their time is over', async () => {
  const log = open()
  const old = kept(log.keep(answered()))
  await log.flush()
  suite.clock.advance(3 * 86_400_000)
  const young = kept(log.keep(answered()))
  await log.close()
  await tidyUpPredictions(suite.ctx, { keptDays: 2, compacted: false })
  await expect(getPrediction({ ctx: suite.ctx, input: { prediction: old } })).rejects.toMatchObject({
    code: 'prediction_not_found',
  })
  expect((await getPrediction({ ctx: suite.ctx, input: { prediction: young } })).items).toHaveLength(1)
})

test('thinning keeps about as many rows in a second as may be, whatever comes', () => {
  const thinning = new Thinning(1000)
  for (let second = 0; second < 5; second += 1) {
    let rows = 0
    let weight = 0
    for (let index = 0; index < 20_000; index += 1) {
      const part = thinning.take(second * 1000 + index / 20, { of: 'iris', rows: 1, share: 1 })
      if (part === 0) continue
      rows += 1
      weight += 1 / part
    }
    // The first second has no other to go by, until as many came as may be in all of it.
    expect(rows).toBeLessThan(second === 0 ? 2200 : 1010)
    expect(weight / 20_000).toBeCloseTo(1, 1)
  }
})

test('thinning guesses no rate from a few long requests', () => {
  const thinning = new Thinning(1000)
  const take = (atMs: number) => thinning.take(atMs, { of: 'iris', rows: 1000, share: 1 })
  expect([take(1), take(2), take(3), take(4)]).toEqual([1, 0, 0, 1 / 4])
})
