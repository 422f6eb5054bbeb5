import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { limit } from '../../kernel/index.js'
import { type AnswerCounters, addAnswerGauges } from './answer-gauges.js'
import { type AnswerTotal, AnswerTotals, ClassTotals, otherClass } from './answer-totals.js'
import { bucketOf } from './latency-buckets.js'
import type { LogRow } from './model.js'

const total = (version: string, given: Partial<AnswerTotal> = {}): AnswerTotal => ({
  model: 'iris',
  version,
  answered: 0,
  refused: 0,
  failed: 0,
  durations: new Map(),
  ...given,
})

const row = (output: LogRow['output'], weight = 1): LogRow => ({
  id: 'pred_1',
  row: 0,
  at: new Date(0),
  model: 'iris',
  version: '1',
  key: undefined,
  requestId: 'r',
  actor: 'a',
  inputs: '{}',
  features: undefined,
  output,
  durationMs: 1,
  weight,
})

async function metricsOf(given: Partial<AnswerCounters>): Promise<string> {
  const registry = new Registry()
  addAnswerGauges({ totals: () => [], classes: () => [], leftOut: () => 0, ...given }, registry)
  return registry.metrics()
}

test('totals by version, variant and outcome, and durations by version', async () => {
  const durations = new Map([
    [bucketOf(4), 3],
    [bucketOf(400), 1],
  ])
  const text = await metricsOf({
    totals: () => [
      total('1', { answered: 4, refused: 2, durations }),
      total('1', { variant: 'split/b', answered: 1, failed: 7, durations: new Map([[bucketOf(4), 1]]) }),
    ],
    leftOut: () => 5,
  })
  expect(text).toContain('fabrique_predictions_total{model="iris",version="1",variant="",outcome="answered"} 4\n')
  expect(text).toContain('fabrique_predictions_total{model="iris",version="1",variant="",outcome="refused"} 2\n')
  expect(text).toContain('fabrique_predictions_total{model="iris",version="1",variant="",outcome="failed"} 0\n')
  expect(text).toContain('fabrique_predictions_total{model="iris",version="1",variant="split/b",outcome="failed"} 7\n')
  expect(text).toContain('fabrique_prediction_log_left_out_total 5\n')
  const bucket = (le: string) =>
    Number(new RegExp(`^fabrique_prediction_duration_seconds_bucket\\{le="${le}",.*\\} (\\d+)$`, 'm').exec(text)?.[1])
  expect(['0.0025', '0.005', '0.25', '0.5', '60', '\\+Inf'].map(bucket)).toEqual([0, 4, 4, 5, 5, 5])
  expect(text).toContain('fabrique_prediction_duration_seconds_count{model="iris",version="1"} 5\n')
  const sum = Number(/_seconds_sum\{.*\} (.+)$/m.exec(text)?.[1])
  expect(Math.abs(sum / 0.416 - 1)).toBeLessThan(0.05)
})

test('reading twice counts once', async () => {
  const registry = new Registry()
  const read = () => [total('1', { answered: 4 })]
  addAnswerGauges({ totals: read, classes: () => [], leftOut: () => 1 }, registry)
  const first = await registry.metrics()
  expect(await registry.metrics()).toBe(first)
})

test('sums of minutes that are gone and of those that are not', () => {
  const past = new AnswerTotals()
  past.add(total('1', { answered: 1, durations: new Map([[3, 1]]) }))
  past.add(total('1', { answered: 2, refused: 1, durations: new Map([[3, 2]]) }))
  const now = [total('1', { answered: 10, durations: new Map([[4, 10]]) }), total('2', { failed: 1 })]
  const read = () => past.with(now)
  expect(read()).toEqual([
    expect.objectContaining({
      version: '1',
      answered: 13,
      refused: 1,
      durations: new Map([
        [3, 3],
        [4, 10],
      ]),
    }),
    expect.objectContaining({ version: '2', failed: 1 }),
  ])
  expect(read()).toEqual(read())
})

test('of many versions those stay that answered last', () => {
  const max = limit('metrics.answerers_max')
  const past = new AnswerTotals()
  for (let version = 0; version <= max; version += 1) {
    past.add(total('kept', { answered: 1 }))
    past.add(total(`${version}`, { answered: 1 }))
  }
  const read = past.with([total('new', { answered: 1 })])
  expect(read).toHaveLength(max)
  expect(read.find(({ version }) => version === 'kept')?.answered).toBe(max + 1)
  expect(read.map(({ version }) => version)).toContain('new')
  expect(read.map(({ version }) => version)).not.toContain('0')
})

test('classes count with what a row stands for; numbers are none', async () => {
  const classes = new ClassTotals()
  classes.add([
    row({ prediction: 'setosa', probabilities: { setosa: 1 } }),
    row({ prediction: 'setosa', scores: { setosa: 1 } }, 2.5),
    row({ prediction: true }),
    row({ prediction: 12.5 }),
    row({ outputs: { y: 'setosa' } }),
    row(null),
    row([1]),
  ])
  const text = await metricsOf({ classes: () => classes.read() })
  expect(text.match(/^fabrique_prediction_class_total\{.*/gm)).toEqual([
    'fabrique_prediction_class_total{model="iris",version="1",class="setosa"} 3.5',
    'fabrique_prediction_class_total{model="iris",version="1",class="true"} 1',
  ])
})

test('many classes become others, and long ones are cut', () => {
  const classes = new ClassTotals()
  const max = limit('metrics.classes_max')
  classes.add(Array.from({ length: max + 3 }, (_, index) => row({ prediction: `c${index}` })))
  classes.add([row({ prediction: 'c0' })])
  const read = classes.read()
  expect(read).toHaveLength(max + 1)
  expect(read.find((one) => one.class === otherClass)?.count).toBe(3)
  expect(read.find((one) => one.class === 'c0')?.count).toBe(2)
  const long = new ClassTotals()
  long.add([row({ prediction: 'x'.repeat(1000) })])
  expect(long.read()[0]?.class).toHaveLength(100)
})

test('a class is a text that a database holds, wherever it is cut', () => {
  const classOf = (prediction: string) => {
    const classes = new ClassTotals()
    classes.add([row({ prediction })])
    return classes.read()[0]?.class
  }
  expect(classOf(`${'x'.repeat(99)}😀😀`)).toBe(`${'x'.repeat(99)}😀`)
  expect(classOf('😀'.repeat(1000))).toBe('😀'.repeat(100))
  expect(classOf(`x${'😀'.repeat(1000)}`)).toBe(`x${'😀'.repeat(99)}`)
  expect(classOf('a\0b\ud83d')).toBe('a\ufffdb\ufffd')
})
