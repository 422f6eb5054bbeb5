import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { FeatureViewDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { viewHistory } from '../../src/contexts/features/history/view-history.js'
import {
  type Cell,
  defaultColumns,
  type PointInTimeCase,
  pointInTimeCases,
} from '../../src/contexts/features/join/cases/point-in-time-cases.js'
import type { Relation } from '../../src/contexts/features/join/model.js'
import { describeRelation, scratchTables } from '../../src/contexts/features/join/relation.js'
import { beforeUntil } from '../../src/contexts/features/online/before-until.js'
import { castKey, encodeKey } from '../../src/contexts/features/online/encode-key.js'
import { rowsAt } from '../../src/contexts/features/online/features-at.js'
import { foundAt, readValue } from '../../src/contexts/features/online/found-row.js'
import { latestRows } from '../../src/contexts/features/online/latest-rows.js'
import { materializeBucket } from '../../src/contexts/features/online/materialize-rows.js'
import type { OnlineStore } from '../../src/contexts/features/online/model.js'
import { valueOfJson } from '../../src/contexts/features/online/steps.js'
import type { AppliedView } from '../../src/contexts/features/registry/model.js'
import { type DataEngine, openDataEngine, sqlName, sqlText } from '../../src/platform/index.js'

/** Numbers of versions that no other suite on the same store has. */
const firstVersion = 1_000_000

/** Every point-in-time case that has an answer online, on a store: rows up to a moment are materialised, and read at it. */
export function onlineCasesSuite(kind: string, open: () => Promise<OnlineStore>): void {
  describe(`point-in-time cases online: ${kind}`, () => {
    let store: OnlineStore
    let folder: string
    let engine: DataEngine
    let version = firstVersion
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'fabrique-online-'))
      engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads: 2 })
      store = await open()
    })
    afterAll(async () => {
      await store?.close()
      await engine?.close()
      await rm(folder, { recursive: true, force: true })
    })

    const answered = pointInTimeCases.filter(({ online }) => online !== undefined)
    test.each(answered.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
      await engine.use(async (connection) => {
        await connection.run("set TimeZone = 'UTC'")
        const relation = await featuresOf(connection, one)
        const view = viewOf(one)
        for (const [place, status] of (one.online ?? []).entries()) {
          if (status === null) continue
          version += 1
          const { keys, atUs } = await entityOf(connection, one, place)
          const tables = scratchTables(connection)
          const history = await viewHistory(tables, view, beforeUntil(relation, view, atUs))
          const latest = await latestRows(tables, history, { untilUs: atUs, bucketRows: 2 })
          for (let bucket = 0; bucket < latest.buckets; bucket += 1) {
            await materializeBucket(connection, latest, {
              bucket,
              store,
              version,
              derive: undefined,
              signal: undefined,
            })
          }
          await tables.dropAll()
          const parts = view.keys.map(({ name }, index) => {
            const part = castKey(keys[index], { name, type: latest.keyTypes[name] }, view.name)
            if (part === undefined) throw new Error('A read has all its keys')
            return part
          })
          const [[text] = []] = await store.read([{ version, keys: [encodeKey(parts)] }])
          const { ttl_seconds: ttl } = view.definition
          const ttlUs = ttl === null ? undefined : ttl * 1e6
          const found = readValue(text === undefined ? undefined : foundAt(text, { atUs, validUs: atUs, ttlUs }), 0)
          // Worked out from the data for this key alone, it is the same.
          const source = beforeUntil(relation, view, atUs)
          const asked = Object.fromEntries(view.keys.map(({ name }, index) => [name, keys[index] ?? null]))
          const [again] = await rowsAt(tables, view, { source, keys: [asked], atUs })
          await tables.dropAll()
          expect(readValue(again, 0)).toEqual(found)
          const expected = one.expected[place]?.[0] ?? null
          const type = relation.columns.find(({ name }) => name === (one.values?.[0] ?? 'x'))?.type ?? ''
          expect({ row: place, status: found.status }).toEqual({ row: place, status })
          const value = valueOfJson(found.value)
          const shown = typeof value === 'object' ? null : value
          expect(await asText(connection, shown, type)).toBe(await asText(connection, expected, type))
        }
      })
    })
  })
}

function viewOf({ keys = ['id'], values = ['x'], ...given }: PointInTimeCase): AppliedView {
  const definition = FeatureViewDefinition.parse({
    name: 'features',
    entities: ['thing'],
    source: { kind: 'dataset', dataset: 'features' },
    time: 'at',
    features: values.map((name) => ({ name })),
    ...(given.created === undefined ? {} : { created: given.created }),
    ...(given.ties === undefined ? {} : { ties: [...given.ties] }),
    // No limit is null where it is declared.
    ttl_seconds: given.ttlSeconds === 0 ? null : (given.ttlSeconds ?? null),
  })
  return {
    id: 'fview_1',
    project: 'p',
    name: 'features',
    version: 1,
    definition,
    keys: keys.map((name) => ({ name, column: name })),
    digest: '',
    appliedAt: new Date(0),
    appliedBy: 'test',
    isRemoved: false,
  }
}

/** The feature rows of a case in their order, as a relation. */
async function featuresOf(connection: DuckDBConnection, one: PointInTimeCase): Promise<Relation> {
  const columns = Object.entries(one.featureColumns ?? defaultColumns.features)
  const declared = columns.map(([name, type]) => `${sqlName(name)} ${type}`).join(', ')
  await connection.run(`create or replace temp table features (n integer, ${declared})`)
  for (const [place, row] of one.features.entries()) {
    const cells = columns.map(([, type], index) => `cast(${literal(row[index])} as ${type})`).join(', ')
    await connection.run(`insert into features values (${place}, ${cells})`)
  }
  const described = await describeRelation(connection, { name: 'features', from: 'features', order: 'n' })
  return { ...described, columns: described.columns.filter(({ name }) => name !== 'n') }
}

/** Keys as a client sends them, and the moment in microseconds. */
async function entityOf(connection: DuckDBConnection, one: PointInTimeCase, place: number) {
  const columns = Object.entries(one.entityColumns ?? defaultColumns.entities)
  const row = one.entities[place] ?? []
  const cellOf = (name: string) => row[columns.findIndex(([column]) => column === name)] ?? null
  const timeType = columns.find(([name]) => name === 'at')?.[1] ?? ''
  const read = await connection.runAndReadAll(`select epoch_us(cast(${literal(cellOf('at'))} as ${timeType}))`)
  return { keys: (one.keys ?? ['id']).map(cellOf), atUs: Number(read.value(0, 0)) }
}

async function asText(connection: DuckDBConnection, value: Cell, type: string): Promise<string | null> {
  const read = await connection.runAndReadAll(`select cast(${literal(value)} as ${type})::varchar`)
  const text = read.value(0, 0)
  return text === null ? null : String(text)
}

function literal(value: Cell | undefined): string {
  return value === null || value === undefined ? 'null' : sqlText(String(value))
}
