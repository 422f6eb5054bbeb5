import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FileEngine, openFileEngine } from '../../../platform/plain-files/index.js'
import { compareSides, type DriftOptions } from './compare-sides.js'
import type { EmbeddingOf } from './embeddings.js'
import { profiledSide } from './profiled-side.js'
import { tableSide } from './side.js'
import { ProfiledPart, profileSide } from './training-profile.js'

let folder: string
let engine: FileEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-embeddings-'))
  engine = await openFileEngine({ tempFolder: folder, threads: 2 })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

const size = 5

/** Sums of two numbers that are spread evenly, the first component moved: rows `from` to `from + count`. */
function vectorsOf(from: number, count: number, shift = 0): string {
  const spread = (of: string) => `(hash(i * ${of}) % 1000000) / 1e6`
  const parts = Array.from({ length: size }, (_, place) => {
    const value = `${spread(`31 + ${place}`)} + ${spread(`37 + ${place + 77}`)} - 1`
    return `${value}${place === 0 ? ` + ${shift}` : ''} as v${place}`
  })
  return `select i, 'a' || (i % 3) as kind, ${parts.join(', ')} from range(${from}, ${from + count}) t(i)`
}

const list = `[${Array.from({ length: size }, (_, place) => `v${place}`).join(', ')}]`
const reference = vectorsOf(0, 400)
const moved = vectorsOf(1_000_000, 300, 0.6)
const same = vectorsOf(2_000_000, 300)

interface Asked extends Omit<DriftOptions, 'mode' | 'embeddings'> {
  readonly mode?: DriftOptions['mode']
  readonly embeddings: Readonly<Record<string, EmbeddingOf>>
}

/** Compares what two selects give, as tables; `keep` turns the reference into what a training leaves of it. */
async function compare(one: string, other: string, { embeddings, mode = 'calibrated', ...asked }: Asked, keep = false) {
  return engine.use(await written('reference', one), async (first, was) =>
    engine.use(await written('current', other), async (second, now) => {
      const [rows, current] = [await tableSide(first, was), await tableSide(second, now)]
      const part = keep ? await profileSide(rows, [...rows.columns.keys()], undefined) : undefined
      const before = part === undefined ? rows : profiledSide(ProfiledPart.parse(part))
      const options = { mode, ...asked, embeddings: new Map(Object.entries(embeddings)) }
      const { report } = await compareSides({ reference: before, current }, options)
      return Object.fromEntries(report.columns.map((column) => [column.name, column]))
    }),
  )
}

let files = 0
async function written(name: string, select: string): Promise<string> {
  const [empty, path] = [join(folder, 'empty.json'), join(folder, `${name}-${files++}.parquet`)]
  await writeFile(empty, '{"n":1}\n')
  await engine.use(empty, (connection) => connection.run(`copy (${select}) to '${path}'`))
  return path
}

describe('vectors', () => {
  test('as columns by name, by a pattern, as lists, fixed lists and texts of lists, come to the same', async () => {
    const asLists = (rows: string, sql: string) => `select kind, ${sql} as vec from (${rows})`
    const plain = await compare(reference, moved, { embeddings: { vec: ['v0', 'v1', 'v2', 'v3', 'v4'] } })
    expect(plain).toMatchObject({
      kind: { type: 'cat' },
      i: { state: 'tested' },
      vec: { type: 'embedding', state: 'tested', method: 'mmd', drift: true, referenceRows: 400, currentRows: 300 },
    })
    expect(Object.keys(plain)).toEqual(['i', 'kind', 'vec'])
    const score = plain.vec?.score
    expect((await compare(reference, moved, { embeddings: { vec: 'v*' } })).vec?.score).toBe(score)
    // Where the columns stand says nothing.
    const turned = `select v4, v1, v0, v3, v2, kind, i from (${moved})`
    expect((await compare(reference, turned, { embeddings: { vec: 'v*' } })).vec?.score).toBe(score)
    for (const sql of [list, `${list}::double[${size}]`, `to_json(${list})::varchar`, `${list}::varchar`]) {
      const found = await compare(asLists(reference, sql), asLists(moved, sql), { embeddings: { vec: 'vec' } })
      expect(found.vec?.score, sql).toBeCloseTo(score ?? Number.NaN, 12)
    }
  })

  test('whose columns are named as well are compared one by one too; one column of numbers is a vector', async () => {
    const named = await compare(reference, moved, { embeddings: { vec: 'v*' }, columns: ['v0', 'kind'] })
    expect(Object.keys(named)).toEqual(['v0', 'kind', 'vec'])
    const one = await compare(reference, same, { embeddings: { vec: 'v0' }, methods: new Map([['vec', 'distance']]) })
    expect(one.vec).toMatchObject({ method: 'distance', drift: false, vectors: { dimension: 1 } })
  })

  test('that are missing, empty or not whole are counted and left out', async () => {
    const holes = `select case i % 10 when 0 then null when 1 then []::double[] when 2 then [v0, null, v2, v3, v4]
      when 3 then [v0, 'nan'::double, v2, v3, 'inf'::double] else ${list} end as vec from (${same})`
    const whole = `select ${list} as vec from (${reference})`
    const { vec } = await compare(whole, holes, { embeddings: { vec: 'vec' } })
    expect(vec).toMatchObject({ state: 'tested', drift: false, currentRows: 180, missing: { current: 120 } })
    const texts = `select to_json(vec)::varchar as vec from (${holes})`
    expect((await compare(whole, texts, { embeddings: { vec: 'vec' } })).vec).toMatchObject({
      state: 'tested',
      score: vec?.score,
      missing: { reference: 0, current: 120 },
    })
    const gap = `select * replace (case when i % 2 = 0 then v1 end as v1) from (${same})`
    expect((await compare(reference, gap, { embeddings: { vec: 'v*' } })).vec).toMatchObject({ currentRows: 150 })
  })
})

describe('what cannot be compared is never "no drift"', () => {
  const whole = `select ${list} as vec from (${reference})`
  const broken = { state: 'not_testable', drift: null, broken: true }

  test('lists of other lengths, texts that are none, and columns without numbers', async () => {
    const uneven = `select case when i % 100 = 0 then [v0] else ${list} end as vec from (${same})`
    const vectors = { embeddings: { vec: 'vec' } }
    expect((await compare(whole, uneven, vectors)).vec).toMatchObject({
      ...broken,
      why: { en: expect.stringContaining('0 reference and 3 current rows hold no list of numbers') },
    })
    const short = `select [v0, v1] as vec from (${same})`
    expect((await compare(whole, short, vectors)).vec).toMatchObject({
      ...broken,
      why: { fr: expect.stringContaining('avaient 5 nombres dans la référence et en ont 2 maintenant') },
    })
    for (const sql of ["'none'", "['a', 'b']", "{'x': 1}", 'true'])
      expect((await compare(whole, `select ${sql} as vec from (${same})`, vectors)).vec, sql).toMatchObject(broken)
    expect((await compare(reference, same, { embeddings: { vec: ['v0', 'kind'] } })).vec).toMatchObject({
      ...broken,
      why: { en: 'A vector is made of numbers, which kind does not hold' },
    })
    const gaps = `select * replace (case when i % 3 = 0 then v0 end as v0) from (${same})`
    const without = `select * exclude (v1) from (${gaps})`
    expect((await compare(reference, without, { embeddings: { vec: ['v0', 'v1'] } })).vec).toMatchObject({
      currentRows: 100,
      missing: { reference: 0, current: 200 },
    })
  })

  test('vectors so long that too few fit into memory are told, and not read', async () => {
    const long = (count: number) => `select range(20001)::double[] as vec from range(${count})`
    const { vec } = await compare(long(30), long(201), { embeddings: { vec: 'vec' } })
    expect(vec).toMatchObject({
      ...broken,
      currentRows: 201,
      why: { en: expect.stringContaining('The vectors have 20,001 numbers, and too few such rows fit into memory') },
    })
    // As few rows as fit are compared, however long they are.
    expect((await compare(long(30), long(31), { embeddings: { vec: 'vec' } })).vec).toMatchObject({ state: 'tested' })
  })

  test('a column of one side only, few rows, and none at all', async () => {
    const without = `select * exclude (v3) from (${same})`
    expect((await compare(reference, without, { embeddings: { vec: 'v*' } })).vec).toMatchObject({
      state: 'missing_column',
      drift: null,
      broken: true,
      referenceRows: 400,
      why: { en: 'The column v3 is gone: only the reference has it' },
    })
    expect((await compare(without, reference, { embeddings: { vec: 'v*' } })).vec).toMatchObject({
      why: { en: 'The column v3 is new: the reference does not have it' },
    })
    const one = vectorsOf(0, 1)
    expect((await compare(reference, one, { embeddings: { vec: 'v*' } })).vec).toMatchObject({
      state: 'not_enough_data',
      drift: null,
      currentRows: 1,
    })
    const none = `select null::double[] as vec from (${same})`
    expect((await compare(whole, none, { embeddings: { vec: 'vec' } })).vec).toMatchObject({
      state: 'no_values',
      broken: true,
    })
  })

  test('a reference of which a profile is left', async () => {
    expect((await compare(reference, same, { embeddings: { vec: 'v*' } }, true)).vec).toMatchObject({
      ...broken,
      why: { en: expect.stringContaining('a profile of each column is left, not its rows') },
    })
  })

  test('slips of the pen are refused', async () => {
    const refused = (embeddings: Asked['embeddings'], methods?: ReadonlyMap<string, string>) =>
      expect(compare(reference, same, { embeddings, methods })).rejects
    await refused({ vec: 'v*', other: ['v0', 'v1'] }).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('v0, v1'),
    })
    await refused({ vec: 'w*' }).toMatchObject({ code: 'invalid_request' })
    await refused({ vec: ['v0', 'v9'] }).toMatchObject({
      message: expect.stringContaining('Neither side has a column v9'),
    })
    await refused({ kind: 'v*' }).toMatchObject({ message: expect.stringContaining('"kind"') })
    await refused({ vec: 'v*' }, new Map([['vec', 'ks']])).toMatchObject({
      message: expect.stringContaining('there are model, distance, mmd, ratio'),
    })
    await refused({ vec: 'v*' }, new Map([['kind', 'mmd']])).toMatchObject({ code: 'invalid_request' })
  })
})
