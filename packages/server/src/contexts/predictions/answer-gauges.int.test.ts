import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { limit } from '../../kernel/index.js'
import { addAnswerGauges } from './answer-gauges.js'
import { openPredictionLog } from './prediction-log.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const opened = (model: string, share = 1, ctx = suite.ctx) => {
  const log = openPredictionLog({ ctx, process: model, share, definitionOf: () => undefined })
  const registry = new Registry()
  addAnswerGauges(log, registry)
  const keep = (prediction: string, rows = 1) =>
    log.keep({
      model,
      version: '1',
      rows: Array.from({ length: rows }, () => [1]),
      names: ['x'],
      predictions: Array.from({ length: rows }, () => ({ prediction, probabilities: { [prediction]: 1 } })),
      requestId: 'req_1',
      actor: 'local',
      durationMs: 1,
      bytes: 10,
    })
  const classes = async () => {
    const text = await registry.metrics()
    return Object.fromEntries(
      [...text.matchAll(/^fabrique_prediction_class_total\{.*class="(\w+)"\} (\S+)$/gm)].map(([, name, count]) => [
        name,
        Number(count),
      ]),
    )
  }
  return { log, registry, keep, classes }
}

test('what was counted stays counted when its minute is over and gone', async () => {
  const { log, registry } = opened('minutes')
  const answerer = { model: 'minutes', version: '1' }
  log.count(answerer, 4, 'answered')
  log.count(answerer, 4, 'refused')
  const before = await registry.metrics()
  expect(before).toContain('fabrique_predictions_total{model="minutes",version="1",variant="",outcome="answered"} 1\n')
  // The first writes it, the second lets it go.
  suite.clock.advance(5 * 60_000)
  await log.flush()
  await log.flush()
  expect(await registry.metrics()).toBe(before)
  log.count(answerer, 4, 'answered')
  const after = await registry.metrics()
  expect(after).toContain('fabrique_predictions_total{model="minutes",version="1",variant="",outcome="answered"} 2\n')
  expect(after).toContain('fabrique_prediction_duration_seconds_count{model="minutes",version="1"} 2\n')
  await log.close()
})

test('classes count once their rows are written, those of a long request with what they stand for', async () => {
  const { log, keep, classes } = opened('classes')
  keep('setosa')
  keep('virginica')
  keep('virginica')
  expect(await classes()).toEqual({})
  await log.flush()
  expect(await classes()).toEqual({ setosa: 1, virginica: 2 })
  const rows = limit('predictions.rows_of_request_max') * 2
  keep('setosa', rows)
  await log.close()
  expect(await classes()).toEqual({ setosa: 1 + rows, virginica: 2 })
})

test('classes count once, however often what waits for the database is written', async () => {
  let statements = 0
  const { db: whole } = suite.ctx
  const executeQuery: typeof whole.executeQuery = async (query) => {
    const isOfRows = 'sql' in query && query.sql.includes('insert into predictions')
    // The first statement of a batch of two is written, the second is not.
    if (isOfRows) statements += 1
    if (isOfRows && statements === 2) throw new Error('away')
    return whole.executeQuery(query)
  }
  const db = new Proxy(whole, {
    get(target, name) {
      if (name === 'executeQuery') return executeQuery
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const { log, keep, classes } = opened('again', 1, { ...suite.ctx, db })
  // More than one statement takes.
  for (const rows of [1000, 999, 1000]) {
    keep('setosa', rows)
    suite.clock.advance(2000)
  }
  await log.flush()
  expect(await classes()).toEqual({})
  await log.flush()
  expect(statements).toBeGreaterThan(2)
  expect(await classes()).toEqual({ setosa: 2999 })
  await log.close()
})

test('of a part of all predictions the classes tell of all', async () => {
  const { log, keep, classes } = opened('sampled', 0.25)
  for (let request = 0; request < 100; request += 1) keep('a')
  await log.close()
  expect(await classes()).toEqual({ a: 100 })
})
