import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { assert, limit } from '../../../kernel/index.js'
import { readChunks } from '../../../platform/duckdb/index.js'
import { encodeKey, type KeyPart } from './encode-key.js'
import type { LatestRows } from './latest-rows.js'
import { type OnlineRow, type OnlineStore, type RowLines, unknownCreated, type Written } from './model.js'
import { type StoreWaits, whenStoreIsBack } from './when-store-is-back.js'

/** Batches on their way to the store at once. */
const batchesMax = 2

export interface BucketTarget {
  readonly bucket: number
  readonly store: OnlineStore
  /** Number of the version in the store. */
  readonly version: number
  /** Gives steps with what code derives from them; undefined where there is nothing of that. */
  readonly derive: ((steps: string) => string) | undefined
  readonly signal: AbortSignal | undefined
  readonly waits?: StoreWaits | undefined
}

/** Brings one bucket of the rows of a view to the store, in batches, and gives what became of them. */
export async function materializeBucket(
  connection: DuckDBConnection,
  latest: LatestRows,
  target: BucketTarget,
): Promise<Written> {
  const { bucket, store, version, signal, waits } = target
  let written = 0
  let older = 0
  const onTheirWay = new Set<Promise<void>>()
  let failure: unknown
  const send = async (rows: readonly OnlineRow[] | RowLines) => {
    while (onTheirWay.size >= batchesMax) await Promise.race(onTheirWay)
    signal?.throwIfAborted()
    if (failure !== undefined) throw failure
    const sent: Promise<void> = whenStoreIsBack(() => store.write(version, rows), waits, signal)
      .then(
        (counts) => {
          written += counts.written
          older += counts.older
        },
        (error: unknown) => {
          failure ??= error
        },
      )
      .finally(() => onTheirWay.delete(sent))
    onTheirWay.add(sent)
  }
  try {
    const batches =
      latest.hasKeyText && target.derive === undefined
        ? linesOf(connection, latest, bucket)
        : rowsOf(connection, latest, target)
    for await (const batch of batches) await send(batch)
  } finally {
    await Promise.all(onTheirWay)
  }
  if (failure !== undefined) throw failure
  return { written, older }
}

/** Batches made by the engine: no row passes through here. */
async function* linesOf(
  connection: DuckDBConnection,
  { table }: LatestRows,
  bucket: number,
): AsyncGenerator<RowLines, void> {
  const line = `concat(key, chr(9), event, chr(9), coalesce(created, ${unknownCreated}), chr(9), steps)`
  const rows = rowsOfStatement(
    connection,
    `select count(*)::integer, string_agg(${line}, chr(10)) from ${table} where bucket = ${bucket} group by batch`,
  )
  for await (const [length, text] of rows) {
    assert(typeof length === 'number' && typeof text === 'string', 'A batch of rows')
    yield { length, text }
  }
}

/** Batches of rows whose keys are odd, or that code derives features of. */
async function* rowsOf(
  connection: DuckDBConnection,
  { table, keyTypes }: LatestRows,
  { bucket, derive }: BucketTarget,
): AsyncGenerator<readonly OnlineRow[], void> {
  const names = Object.keys(keyTypes).map((_name, place) => `k${place}`)
  const rows = rowsOfStatement(
    connection,
    `select ${names.join(', ')}, event, created, steps from ${table} where bucket = ${bucket}`,
  )
  let batch: OnlineRow[] = []
  for await (const row of rows) {
    batch.push(toRow(row, names.length, derive))
    if (batch.length < limit('features.online_batch')) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function* rowsOfStatement(
  connection: DuckDBConnection,
  sql: string,
): AsyncGenerator<readonly DuckDBValue[], void> {
  for await (const chunk of readChunks(connection, sql)) yield* chunk.getRows()
}

function toRow(row: readonly DuckDBValue[], keyCount: number, derive: BucketTarget['derive']): OnlineRow {
  const [event, created, steps] = row.slice(keyCount)
  assert(typeof event === 'bigint' && typeof steps === 'string', 'A row of the store')
  return {
    key: encodeKey(row.slice(0, keyCount).map(keyPart)),
    eventUs: Number(event),
    createdUs: typeof created === 'bigint' ? Number(created) : unknownCreated,
    steps: derive === undefined ? steps : derive(steps),
  }
}

function keyPart(value: DuckDBValue): KeyPart {
  assert(
    typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean',
    'A key is a text, a whole number or a truth value',
  )
  return value
}
