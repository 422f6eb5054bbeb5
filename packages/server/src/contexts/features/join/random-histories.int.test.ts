import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataEngine, openDataEngine } from '../../../platform/index.js'
import { joinFeatures } from './join-features.js'
import { describeRelation } from './relation.js'

/** Random histories against the rule as it reads, one candidate after another. */
const seed = 20_261_122
const casesCount = 10_000

interface FeatureRow {
  readonly a: number | null
  readonly b: number | null
  readonly event: number | null
  readonly created: number | null
  readonly tie: number | null
  readonly x: number | null
}

interface EntityRow {
  readonly a: number | null
  readonly b: number | null
  readonly t: number | null
}

interface History {
  readonly features: readonly FeatureRow[]
  readonly entities: readonly EntityRow[]
}

interface Options {
  readonly asKnown: boolean
  readonly hasCreated: boolean
  readonly hasTies: boolean
  /** Seconds; times are whole seconds. */
  readonly ttl: number | undefined
}

const optionsOfAll: readonly Options[] = [undefined, 0, 3, 8].flatMap((ttl) =>
  [false, true].flatMap((hasTies) => [
    { asKnown: false, hasCreated: false, hasTies, ttl },
    { asKnown: false, hasCreated: true, hasTies, ttl },
    { asKnown: true, hasCreated: true, hasTies, ttl },
  ]),
)

/** A generator of numbers below a bound (mulberry32). */
function randomOf(start: number): (bound: number) => number {
  let state = start
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

/** Few keys and few moments, so that rows meet, tie and miss each other; one in ten values is missing. */
function historyOf(random: (bound: number) => number): History {
  const orNull = (value: number) => (random(10) === 0 ? null : value)
  const moments = 3 + random(20)
  const keys = 1 + random(3)
  const features = Array.from({ length: random(14) }, (): FeatureRow => {
    const event = random(moments)
    return {
      a: orNull(random(keys)),
      b: orNull(random(2)),
      event: orNull(event),
      created: orNull(event - 2 + random(8)),
      tie: orNull(random(3)),
      x: orNull(random(1000)),
    }
  })
  const entities = Array.from({ length: 1 + random(6) }, () => ({
    a: orNull(random(keys)),
    b: orNull(random(2)),
    t: orNull(random(moments + 4)),
  }))
  return { features, entities }
}

/** The rule, row by row. */
function oracle({ features, entities }: History, { asKnown, hasCreated, hasTies, ttl }: Options) {
  const above = (left: number | null, right: number | null) =>
    left === right ? 0 : left === null ? -1 : right === null ? 1 : left - right
  return entities.map(({ a, b, t }) => {
    if (a === null || b === null || t === null) return null
    let best: FeatureRow | undefined
    for (const row of features) {
      if (row.a !== a || row.b !== b || row.event === null || row.event > t) continue
      if (ttl !== undefined && ttl > 0 && row.event < t - ttl) continue
      if (asKnown && (row.created === null || row.created > t)) continue
      const order =
        best === undefined
          ? 1
          : above(row.event, best.event) ||
            (hasCreated ? above(row.created, best.created) : 0) ||
            (hasTies ? above(row.tie, best.tie) : 0)
      if (order >= 0) best = row
    }
    return best?.x ?? null
  })
}

let folder: string
let engine: DataEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-histories-'))
  engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads: 2 })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

/** Makes a table of numbers; the first column is the number of the history. */
async function fill(connection: DuckDBConnection, table: string, rows: readonly (readonly (number | null)[])[]) {
  const width = table === 'f' ? 7 : 4
  const columns = Array.from({ length: width }, (_, index) => `c${index} integer`).join(', ')
  await connection.run(`create or replace temp table ${table} (${columns})`)
  const appender = await connection.createAppender(table)
  for (const row of rows) {
    for (const value of row) value === null ? appender.appendNull() : appender.appendInteger(value)
    appender.endRow()
  }
  appender.closeSync()
}

/** All histories in one join, each with a key of its own. */
async function joined(
  histories: readonly History[],
  options: Options,
): Promise<readonly (readonly (number | null)[])[]> {
  const { asKnown, hasCreated, hasTies, ttl } = options
  return engine.use(async (connection) => {
    await fill(
      connection,
      'f',
      histories.flatMap(({ features }, index) =>
        features.map(({ a, b, event, created, tie, x }) => [index, a, b, event, created, tie, x]),
      ),
    )
    await fill(
      connection,
      'e',
      histories.flatMap(({ entities }, index) => entities.map(({ a, b, t }) => [index, a, b, t])),
    )
    const moment = (column: string) => `make_timestamp(${column}::bigint * 1000000)`
    const features = `(select c0 as history, c1 as a, c2 as b, ${moment('c3')} as happened, ${moment('c4')} as created, c5 as tie, c6 as x from f)`
    const entities = `(select c0 as history, c1 as a, c2 as b, ${moment('c3')} as happened from e)`
    const keys = ['history', 'a', 'b'].map((name) => ({ entity: name, feature: name }))
    const view = {
      name: 'f',
      relation: await describeRelation(connection, { name: 'f', from: features }),
      keys,
      time: 'happened',
      features: [{ column: 'x', name: 'x' }],
      ...(hasCreated ? { created: 'created' } : {}),
      ...(hasTies ? { ties: ['tie'] } : {}),
      ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    }
    const relation = await describeRelation(connection, { name: 'e', from: entities })
    return joinFeatures(
      connection,
      { entities: { relation, time: 'happened' }, views: [view], asKnown },
      async ({ sql }) => {
        const values: (number | null)[][] = histories.map(() => [])
        for (const [history, x] of (await connection.runAndReadAll(`select history, x from (${sql})`)).getRows()) {
          values[Number(history)]?.push(x === null ? null : Number(x))
        }
        return values
      },
    )
  })
}

async function fails(history: History, options: Options): Promise<boolean> {
  const [found] = await joined([history], options)
  return JSON.stringify(found) !== JSON.stringify(oracle(history, options))
}

/** Leaves rows out as long as it still fails. */
async function shrink(history: History, options: Options): Promise<History> {
  let small = history
  for (const side of ['features', 'entities'] as const) {
    for (let index = small[side].length - 1; index >= 0; index -= 1) {
      const smaller = { ...small, [side]: small[side].filter((_row, at) => at !== index) }
      if (smaller.entities.length > 0 && (await fails(smaller, options))) small = smaller
    }
  }
  return small
}

test(`${casesCount} random histories (seed ${seed}) are joined as the rule says`, async () => {
  const random = randomOf(seed)
  const perOption = Math.ceil(casesCount / optionsOfAll.length)
  let compared = 0
  let withFeatures = 0
  for (const options of optionsOfAll) {
    const histories = Array.from({ length: perOption }, () => historyOf(random))
    const found = await joined(histories, options)
    for (const [index, history] of histories.entries()) {
      const expected = oracle(history, options)
      compared += 1
      if (expected.some((value) => value !== null)) withFeatures += 1
      if (JSON.stringify(found[index]) === JSON.stringify(expected)) continue
      const small = await shrink(history, options)
      expect
        .soft((await joined([small], options))[0], JSON.stringify({ seed, options, ...small }))
        .toEqual(oracle(small, options))
      throw new Error(`History ${index} with ${JSON.stringify(options)} differs: ${JSON.stringify(history)}`)
    }
  }
  expect(compared).toBeGreaterThanOrEqual(casesCount)
  // Most histories have to say something, or the comparison would prove little.
  expect(withFeatures).toBeGreaterThan(casesCount / 2)
})
