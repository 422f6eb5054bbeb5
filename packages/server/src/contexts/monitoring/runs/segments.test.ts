import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { MonitorDefinition, type MonitorDefinitionInput } from '@fabrique/contract'
import type { DriftReport } from '@fabrique/ml/drift'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profiledSide } from '../drift/profiled-side.js'
import { tableSide } from '../drift/side.js'
import { renderSegments } from '../report/render-segments.js'
import { judgeRun } from './judge-run.js'
import type { OpenedSides } from './open-sides.js'
import type { OpenedSide, ScoredTable } from './opened-side.js'
import { measurePerformance } from './performance.js'
import { toSegments } from './report-document.js'
import { measureSegments as measured } from './segments.js'

const measureSegments = (sides: OpenedSides, asked: MonitorDefinition) => measured(sides, asked, undefined)

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create()
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

/** A side with predictions beside the truth; of a profile without. */
async function side(select: string, change: Partial<ScoredTable> = {}): Promise<OpenedSide> {
  const table = `(${select})`
  const rows = Number((await connection.runAndReadAll(`select count(*)::double from ${table}`)).value(0, 0))
  const scored = { connection, table, prediction: 'answer', truth: 'y', probabilities: new Map(), ...change }
  return { told: { what: 'snapshot', rows }, features: await tableSide(connection, { table, rowCount: rows }), scored }
}

const definition = (change: Partial<MonitorDefinitionInput> = {}) =>
  MonitorDefinition.parse({
    name: 'one',
    reference: { kind: 'snapshot', snapshot: 'snap_1' },
    current: { kind: 'snapshot', dataset: 'answers' },
    target: 'y',
    prediction: 'answer',
    segments: ['plan'],
    ...change,
  })

/** Answers of which one in `every` is wrong, by plan: a, b, and rows without one. */
const answers = (every: { readonly a: number; readonly b: number }, rows = 1200) => `
  select case when i % 3 = 0 then 'a' when i % 3 = 1 then 'b' end as plan, (i * 37) % 100 as hours, i % 4 as level, 'u' || i as id,
    date '2026-01-01' + i::integer as day, 'yes' as y,
    case when (i // 3) % (case when i % 3 = 0 then ${every.a} else ${every.b} end) = 0 then 'no' else 'yes' end as answer
  from range(${rows}) t(i)`

const calm = { a: 10, b: 10 }

/** Answers with probabilities: 0.8 of what was answered. */
const scoredBy = (select: string) =>
  `select *, case when answer = 'no' then 0.8 else 0.2 end as p_no, case when answer = 'yes' then 0.8 else 0.2 end as p_yes from (${select})`
const twoClasses: Partial<ScoredTable> = {
  probabilities: new Map([
    ['no', 'p_no'],
    ['yes', 'p_yes'],
  ]),
}

describe('performance by segment', () => {
  test('what is asked of rows is asked of those that a sample was taken from', async () => {
    const sampled = async (rows: number) => {
      const some = await side(answers(calm, 600))
      return { ...some, told: { ...some.told, sampled_of: rows } }
    }
    const many = { reference: await sampled(60_000), current: await sampled(60_000) }
    expect(await measureSegments(many, definition({ rows_min: 5000 }))).toMatchObject({ tested: 4 })
    const few = { ...many, current: await sampled(4000) }
    expect(await measureSegments(few, definition({ rows_min: 5000 }))).toMatchObject({
      tested: 0,
      whole: { state: 'not_enough_data', sentence: { en: expect.stringContaining('4,000') } },
    })
  })

  test('a segment that gets worse while the whole does not is told, first, and is an alarm', async () => {
    const sides = {
      reference: await side(answers({ a: 10, b: 7 }, 6000)),
      current: await side(answers({ a: 4, b: 12 }, 600)),
    }
    const found = await measureSegments(sides, definition())
    expect(found).toMatchObject({ metric: 'accuracy', fallen: 1, tested: 4, whole: { falls: false, rows: 600 } })
    expect(found?.segments[0]).toMatchObject({ column: 'plan', segment: 'a', falls: true })
    expect(found?.segments.slice(1).map(({ falls }) => falls)).toEqual([false, false])
    const [worst] = found?.segments ?? []
    expect(worst).toMatchObject({ now: 0.75, before: 0.9, rows: 200, labelled: 200, reference_labelled: 2000 })
    expect(worst?.adjusted_p_value).toBeGreaterThan(worst?.p_value ?? 1)
    expect(worst?.metrics.find(({ metric }) => metric === 'accuracy')).toMatchObject({
      value: 0.75,
      low: expect.any(Number),
      high: expect.any(Number),
    })
    const judged = judgeRun({ report: quiet, figures: [], segments: found, rowsMin: 100 })
    expect(judged.state).toBe('alarm')
    expect(judged.sentence).toEqual({
      en: 'No column drifts; the model does worse for plan = a (accuracy 0.9 → 0.75), though not as a whole',
      fr: 'Aucune colonne ne dérive\u202f; le modèle fait moins bien pour plan = a (accuracy 0,9 → 0,75), mais pas dans l’ensemble',
    })
    const page = found === undefined ? '' : renderSegments(toSegments(found, 'fr'), 'fr')
    expect(page).toContain('plan = a')
    expect(page).toContain('plan sans valeur')
  })

  test('nothing changed is no alarm, and the whole that falls is one', async () => {
    const reference = await side(answers(calm, 3000))
    const same = await measureSegments({ reference, current: await side(answers(calm)) }, definition())
    expect(same).toMatchObject({ fallen: 0, whole: { falls: false } })
    expect(judgeRun({ report: quiet, figures: [], segments: same, rowsMin: 100 }).state).toBe('ok')
    const worse = await measureSegments({ reference, current: await side(answers({ a: 4, b: 4 })) }, definition())
    expect(worse).toMatchObject({ fallen: 3, whole: { falls: true } })
    const { sentence } = judgeRun({ report: quiet, figures: [], segments: worse, rowsMin: 100 })
    expect(sentence.en).toContain('the model does worse (accuracy 0.9 → 0.75), most for ')
    expect(sentence.en).toContain(' and 1 more')
  })

  test('few truths, a new value and a reference without predictions are undecided, never no fall', async () => {
    const reference = await side(answers(calm, 3000))
    const few = `select * replace (case when plan = 'b' then null else y end as y) from (${answers(calm)})`
    const late = await measureSegments({ reference, current: await side(few) }, definition())
    expect(late?.segments.find(({ segment }) => segment === 'b')).toMatchObject({
      state: 'not_enough_data',
      falls: null,
      now: null,
      labelled: 0,
      metrics: [],
    })
    expect(judgeRun({ report: quiet, figures: [], segments: late, rowsMin: 100 }).sentence).toEqual({
      en: 'No column drifts; 1 segment could not be judged',
      fr: 'Aucune colonne ne dérive\u202f; 1 segment n’a pas pu être jugé',
    })
    const renamed = `select * replace (case when plan = 'b' then 'new' else plan end as plan) from (${answers(calm)})`
    const fresh = await measureSegments({ reference, current: await side(renamed) }, definition())
    const states = Object.fromEntries((fresh?.segments ?? []).map(({ segment, state }) => [segment ?? '', state]))
    expect(states).toEqual({ a: 'tested', '': 'tested', new: 'not_enough_data', b: 'not_enough_data' })
    const { scored: _, ...unscored } = reference
    const alone = await measureSegments({ reference: unscored, current: await side(answers(calm)) }, definition())
    expect(alone).toMatchObject({ tested: 0, whole: { state: 'no_reference', falls: null } })
    expect(alone?.segments.every(({ falls, now }) => falls === null && now === 0.9)).toBe(true)
    const judged = judgeRun({ report: quiet, figures: [], segments: alone, rowsMin: 100 })
    expect(judged.sentence.en).toContain('no segment could be compared')
  })

  test('without predictions nothing is computed', async () => {
    const bare: OpenedSide = {
      told: { what: 'predictions', rows: 0 },
      features: profiledSide({ rows: 0, columns: [] }),
    }
    const found = await measureSegments({ reference: bare, current: bare }, definition())
    expect(found).toMatchObject({ whole: { state: 'not_computed' }, segments: [], tested: 0 })
    expect(
      await measureSegments({ reference: bare, current: bare }, definition({ segments: undefined })),
    ).toBeUndefined()
  })

  test('numbers part in bins of the reference or at given places; what parts no rows says why', async () => {
    const sides = { reference: await side(answers(calm, 3000)), current: await side(answers(calm)) }
    const asked = [{ column: 'hours', edges: [10.5, 50] }, 'level', 'day', 'gone', { column: 'plan', bins: 4 }]
    const found = await measureSegments(sides, definition({ segments: asked }))
    const of = (column: string) => found?.segments.filter((one) => one.column === column) ?? []
    expect(
      of('hours')
        .map(({ segment, from, below, rows }) => [segment, from, below, rows])
        .sort(),
    ).toEqual([
      ['10.5 – 50', 10.5, 50, 468],
      ['< 10.5', undefined, 10.5, 132],
      ['≥ 50', 50, undefined, 600],
    ])
    expect(of('level').map(({ segment }) => segment)).toEqual(expect.arrayContaining(['0', '1', '2', '3']))
    const why = Object.fromEntries((found?.columns ?? []).map(({ column, why_not }) => [column, why_not?.en]))
    expect(why).toMatchObject({
      hours: undefined,
      day: expect.stringContaining('Dates'),
      plan: expect.stringContaining('bins'),
    })
    expect(why.gone).toBe('The current predictions have no gone')
    const quartiles = await measureSegments(sides, definition({ segments: ['hours'] }))
    expect(quartiles?.segments.map(({ rows }) => rows)).toEqual([300, 300, 300, 300])
  })

  test('of very many values those with the most rows are told of, and how many are not', async () => {
    const sides = { reference: await side(answers(calm, 3000)), current: await side(answers(calm)) }
    const found = await measureSegments(sides, definition({ segments: ['id'] }))
    expect(found?.columns).toMatchObject([{ column: 'id', segments: 49, left_out: { segments: 1151, rows: 1151 } }])
    expect(found?.segments.every(({ falls }) => falls === null)).toBe(true)
  })

  test('names with quotes are names', async () => {
    const odd = (every: typeof calm, rows: number) =>
      `select plan || ' ''; drop' as "p ""lan", y, answer from (${answers(every, rows)})`
    const sides = { reference: await side(odd(calm, 3000)), current: await side(odd({ a: 3, b: 10 }, 1200)) }
    const found = await measureSegments(sides, definition({ segments: ['p "lan'] }))
    expect(found?.segments[0]).toMatchObject({ segment: "a '; drop", falls: true })
  })

  test('an input of the log is found under its own name, and its version beside it', async () => {
    const logged = (every: typeof calm) =>
      `select *, plan as input_plan, case when i_odd = 0 then '1' else '2' end as model_version from (select *, hours % 2 as i_odd from (${answers(every)}))`
    const change = { features: new Map([['tariff', 'input_plan']]) }
    const sides = { reference: await side(logged(calm), change), current: await side(logged({ a: 2, b: 10 }), change) }
    const found = await measureSegments(sides, definition({ segments: ['tariff', 'model_version', 'hours'] }))
    expect(found?.segments[0]).toMatchObject({ column: 'tariff', segment: 'a', falls: true })
    expect(found?.columns.map(({ column, segments }) => [column, segments])).toEqual([
      ['tariff', 3],
      ['model_version', 2],
      ['hours', 0],
    ])
  })

  test('figures that do not fit are told, of numbers the errors are compared', async () => {
    const recall = await side(answers(calm))
    const unfit = await measureSegments({ reference: recall, current: recall }, definition({ segment_metric: 'mae' }))
    expect(unfit).toMatchObject({ tested: 0, whole: { state: 'not_computed' } })
    expect(unfit?.whole.sentence.fr).toContain('concerne des nombres')
    const numbers = (off: number) =>
      `select case when i % 2 = 0 then 'a' else 'b' end as plan, i::double as y,
        i + ((i * 7919) % 101) / 10.0 * (case when i % 2 = 0 then ${off} else 1 end) as answer from range(800) t(i)`
    const sides = { reference: await side(numbers(1)), current: await side(numbers(2)) }
    const found = await measureSegments(sides, definition({ segment_metric: 'rmse' }))
    expect(found).toMatchObject({
      metric: 'rmse',
      segments: [
        { segment: 'a', falls: true },
        { segment: 'b', falls: false },
      ],
    })
    const [worst] = found?.segments ?? []
    expect(worst?.metrics.find(({ metric }) => metric === 'rmse')?.value).toBeCloseTo(worst?.now ?? 0, 9)
  })
  test('a reference without probabilities has none to compare with, and the report is told', async () => {
    const [reference, current] = [await side(answers(calm, 3000)), await side(scoredBy(answers(calm)), twoClasses)]
    const found = await measureSegments({ reference, current }, definition({ segment_metric: 'log_loss' }))
    expect(found).toMatchObject({ tested: 0, whole: { state: 'no_reference', falls: null, before: null } })
    expect(found?.whole.now).toBeGreaterThan(0)
    expect(found?.whole.sentence.en).toContain(
      'Whether it fell cannot be told: of the reference, log_loss needs probabilities of all classes',
    )
    expect(found?.whole.sentence.fr).toContain('pour la référence, log_loss demande')
  })

  test('a row without probabilities does not count, as one that is wrong would', async () => {
    const sure = `select * replace (y as answer), 0.2 as p_no, 0.8 as p_yes from (${answers(calm, 600)})`
    const gaps = `select * exclude (p_no, p_yes), case when id like '%7' then null else p_no end as p_no,
      case when id like '%7' then null else p_yes end as p_yes from (${sure})`
    const sides = { reference: await side(sure, twoClasses), current: await side(gaps, twoClasses) }
    const found = await measureSegments(sides, definition({ segment_metric: 'log_loss' }))
    expect(found?.whole).toMatchObject({ rows: 600, labelled: 540, falls: false })
    expect(found?.whole.now).toBeCloseTo(-Math.log(0.8), 12)
    const [segment] = found?.segments ?? []
    expect(segment?.metrics.find(({ metric }) => metric === 'log_loss')?.value).toBeCloseTo(-Math.log(0.8), 12)
    expect(segment?.metrics.find(({ metric }) => metric === 'accuracy')?.value).toBe(1)
  })

  test('a class that is new is one that the reference gave no probability for: both sides have one scale', async () => {
    const reference = await side(scoredBy(answers(calm, 3000)), twoClasses)
    const three = `select *, 0.0 as p_maybe from (${scoredBy(answers(calm, 3000))})`
    const current = await side(three, {
      probabilities: new Map([...(twoClasses.probabilities ?? []), ['maybe', 'p_maybe']]),
    })
    const found = await measureSegments({ reference, current }, definition({ segment_metric: 'brier' }))
    expect(found?.whole).toMatchObject({ state: 'tested', falls: false })
    expect(found?.whole.before).toBeCloseTo(found?.whole.now ?? 0, 12)
  })

  test('recall is told of the class that the figures of the current rows are told of', async () => {
    // Probabilities of the current rows name `yes` first, so that `no` is the second class.
    const flipped = { probabilities: new Map([...(twoClasses.probabilities ?? [])].reverse()) }
    const both = (rows: number) =>
      scoredBy(`select * replace (case when id like '%3' then 'no' else y end as y) from (${answers(calm, rows)})`)
    const sides = { reference: await side(both(3000), twoClasses), current: await side(both(1200), flipped) }
    const found = await measureSegments(sides, definition({ segment_metric: 'recall' }))
    const measured = await measurePerformance(sides, undefined)
    const recall = measured.find(({ kind, metric }) => kind === 'performance' && metric === 'recall')
    expect(recall?.value).toBeDefined()
    expect(found?.whole.now).toBeCloseTo(recall?.value ?? 0, 12)
    expect(found?.whole.labelled).toBe(120)
  })

  test('a side with fewer rows than are asked for decides nothing', async () => {
    const sides = { reference: await side(answers(calm, 3000)), current: await side(answers({ a: 2, b: 2 }, 600)) }
    expect(await measureSegments(sides, definition({ rows_min: 600 }))).toMatchObject({ whole: { falls: true } })
    const found = await measureSegments(sides, definition({ rows_min: 601 }))
    expect(found).toMatchObject({ tested: 0, fallen: 0, whole: { state: 'not_enough_data', falls: null } })
    expect(found?.segments.map(({ state, falls }) => [state, falls])).toEqual(
      [0, 1, 2].map(() => ['not_enough_data', null]),
    )
    expect(found?.whole.sentence.en).toBe(
      'Not enough data: 3,000 reference and 600 current rows, at least 601 on each side are needed',
    )
  })

  test('what got better is not told as worse', async () => {
    const sides = { reference: await side(answers({ a: 4, b: 4 }, 3000)), current: await side(answers(calm)) }
    const found = await measureSegments(sides, definition())
    const told = [...(found?.segments ?? []), found?.whole].map((one) => one?.sentence)
    expect(told.length).toBeGreaterThan(2)
    for (const sentence of told) {
      expect(sentence?.en).toMatch(/, and it did not get worse$/)
      expect(sentence?.fr).toMatch(/, et elle n’a pas reculé$/)
    }
  })

  test('of many classes what is compared is told alone', async () => {
    const many = `select case when i % 2 = 0 then 'a' else 'b' end as plan, 'c' || i % 101 as y, 'c' || i % 101 as answer
      from range(2020) t(i)`
    const sides = { reference: await side(many), current: await side(many) }
    const found = await measureSegments(sides, definition())
    expect(found?.segments.map(({ now, metrics }) => [now, metrics])).toEqual([
      [1, []],
      [1, []],
    ])
  })

  test('a run that is cancelled ends', async () => {
    const one = await side(answers(calm))
    await expect(measured({ reference: one, current: one }, definition(), AbortSignal.abort())).rejects.toThrow()
  })
})

const quiet: DriftReport = {
  mode: 'calibrated',
  referenceRows: 1000,
  currentRows: 1000,
  columns: [],
  tested: 3,
  drifted: 0,
  share: 0,
  shareMin: null,
  datasetDrift: false,
  broken: 0,
  why: { en: 'No column drifts', fr: 'Aucune colonne ne dérive' },
}
