import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract/client'
import {
  type FileEngine,
  formatOfName,
  type OpenedFile,
  openFileEngine,
  writeRows,
} from '../../../platform/plain-files/index.js'
import { joinFeatures } from './join-features.js'
import type { JoinedView, JoinKey, JoinRequest, Relation, ViewReport } from './model.js'
import { openRelation } from './open-relation.js'

/** Two plain files, how they are joined, and the file that is written. */
export interface JoinFilesInput {
  /** CSV, Parquet, JSON or NDJSON: the rows that get features. */
  readonly entities: string
  /** The same: features over time. */
  readonly features: string
  readonly on: readonly JoinKey[]
  /** Column of the time of each entity row. */
  readonly time: string
  /** That of the features; the same name unless told. */
  readonly featureTime?: string
  readonly created?: string
  readonly asKnown?: boolean
  readonly ttlSeconds?: number
  readonly ties?: readonly string[]
  /** Columns of the features; all that are no key and no time unless told. */
  readonly columns?: readonly string[]
  /** Features are named by their file: `usage__hours`. */
  readonly prefix?: boolean
  /** Also the time and the age of the row that was found. */
  readonly ages?: boolean
  /** Written whole or not at all. The format is that of its name. */
  readonly out: string
  readonly threads: number
  /** Folder for temporary files; that of the system unless told. */
  readonly tempFolder?: string
  readonly signal?: AbortSignal
}

export interface JoinedFile extends Pick<ViewReport, 'matched' | 'unmatched' | 'leftOut'> {
  readonly rows: number
  readonly featureRows: number
  /** Names of the columns that were written. */
  readonly columns: readonly string[]
  readonly bytes: number
}

/**
 * Joins the features of one file to the rows of another as they were at the time of each row, without a server. Errors: those of
 * {@link joinFeatures}, `file_not_found`, `file_unreadable`, `file_format_unknown`, `file_not_written`, `disk_full`,
 * `feature_rows_missing`, `invalid_request`.
 */
export async function joinFiles(input: JoinFilesInput): Promise<JoinedFile> {
  await checkPlaces(input)
  const engine = await openFileEngine({
    threads: input.threads,
    ...(input.tempFolder === undefined ? {} : { tempFolder: input.tempFolder }),
  })
  let joined: Joined
  try {
    joined = await joinWith(engine, input)
  } finally {
    await engine.close()
  }
  await joined.kept
  return joined.file
}

interface Joined {
  readonly file: JoinedFile
  /** Over when the file is on the disk, which takes as long as it takes the engine to end. */
  readonly kept: Promise<void>
}

async function checkPlaces({ entities, features, out }: JoinFilesInput): Promise<void> {
  formatOfName(out)
  const written = await stat(out).catch(() => undefined)
  if (written === undefined) return
  for (const path of [entities, features]) {
    const read = await stat(path).catch(() => undefined)
    if (read === undefined || read.ino !== written.ino || read.dev !== written.dev) continue
    throw new FabriqueError('invalid_request', {
      field: '--out',
      reason: `${out} is the file ${path} that is read`,
      reason_fr: `${out} est le fichier ${path} qui est lu`,
    })
  }
  if (!written.isFile()) {
    throw new FabriqueError('file_not_written', {
      path: out,
      reason: 'it is there and is no file',
    })
  }
}

/** `features/usage.2024.parquet` gives `usage.2024`. */
function viewName(path: string): string {
  return basename(path)
    .replace(/(\.(gz|zst|zstd))?$/i, '')
    .replace(/\.[a-z]+$/i, '')
}

async function joinWith(engine: FileEngine, input: JoinFilesInput): Promise<Joined> {
  const { entities, features, on, signal } = input
  const keysOf = (side: keyof JoinKey) => on.map((key) => key[side])
  const open = <Result>(
    path: string,
    side: keyof JoinKey,
    work: (connection: DuckDBConnection, relation: Relation) => Promise<Result>,
  ) => {
    const texts = keysOf(side)
    const opened = async (connection: DuckDBConnection, file: OpenedFile) => {
      if (file.rowCount === 0) throw new FabriqueError('feature_rows_missing', { relation: path })
      return work(connection, await openRelation(connection, file, { name: path, texts }))
    }
    return engine.use({ path, texts }, opened, signal)
  }
  return open(entities, 'entity', (_connection, entityRows) =>
    open(features, 'feature', (connection, featureRows) =>
      joinFeatures(
        connection,
        requestOf(input, entityRows, featureRows),
        async ({ sql, columns, rows, views: [report] }) => {
          const { bytes, kept } = await writeRows(connection, { sql, columns }, input.out)
          const file = {
            rows,
            featureRows: report?.rows ?? 0,
            matched: report?.matched ?? 0,
            unmatched: report?.unmatched ?? { nullKey: 0, nullTime: 0, noRow: 0, future: 0, notKnown: 0, expired: 0 },
            leftOut: report?.leftOut ?? { nullKey: 0, nullTime: 0, nullCreated: 0 },
            columns: columns.map(({ name }) => name),
            bytes,
          }
          return { file, kept }
        },
        signal,
      ),
    ),
  )
}

function requestOf(input: JoinFilesInput, entities: Relation, features: Relation): JoinRequest {
  const { on, time, featureTime = time, created, ttlSeconds, ties = [] } = input
  const taken = [...on.map(({ feature }) => feature), featureTime, created]
  const all = features.columns.map(({ name }) => name).filter((name) => !taken.includes(name))
  const view: JoinedView = {
    name: viewName(input.features),
    relation: features,
    keys: on,
    time: featureTime,
    ties,
    features: (input.columns ?? all).map((column) => ({ column, name: column })),
    ...(created === undefined ? {} : { created }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  }
  return {
    entities: { relation: entities, time },
    views: [view],
    asKnown: input.asKnown ?? false,
    fullNames: input.prefix ?? false,
    ages: input.ages ?? false,
  }
}
