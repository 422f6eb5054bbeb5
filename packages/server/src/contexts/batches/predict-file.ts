import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Language } from '@fabrique/contract'
import { FabriqueError, isFabriqueError } from '@fabrique/contract/errors'
import { limit } from '../../kernel/index.js'
import { rowsOf, sqlText } from '../../platform/duckdb/index.js'
import {
  formatOfName,
  type OpenedFile,
  openFileEngine,
  readPieces,
  writeRows,
} from '../../platform/plain-files/index.js'
import type { BatchProgress, RowColumn, RowCounts } from './model.js'
import type { BatchModel, BatchPython } from './open-batch-model.js'
import { openPartFolder, type PartFolder } from './part-folder.js'
import { refused } from './refused.js'

/** A model file, the rows it is asked, and the file of its answers. */
export interface PredictFileInput {
  /** An ONNX file; with a Python a model folder of MLflow. */
  readonly model: string
  readonly python?: BatchPython
  /** CSV, Parquet, JSON or NDJSON. */
  readonly path: string
  /** Written whole or not at all; its name says the format. */
  readonly out: string
  /** Columns of the rows that stand beside the answers; all without. */
  readonly columns?: readonly string[]
  /** The columns of a matrix that a foreign file takes. */
  readonly features?: readonly string[]
  /** Whether rows that lack values go to the model; they are set aside without. */
  readonly passMissing?: boolean
  /** More rows that are set aside than this end the work without an answer. */
  readonly rejectedMax?: number
  /** Rows of a part; the limit without. */
  readonly partRows?: number
  /** Goes on with what an earlier run of the same work has done. */
  readonly resume?: boolean
  readonly threads: number
  readonly language: Language
  /** A clock in seconds. */
  seconds(): number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: BatchProgress) => void
}

export interface PredictedFile extends RowCounts {
  /** Names of the columns that were written. */
  readonly columns: readonly string[]
  readonly bytes: number
  /** The file of rejected rows, where there are any. */
  readonly rejectedFile?: string
  /** Rows that an earlier run had done. */
  readonly resumed: number
  /** Of reading and checking, of predicting, and of writing the file. */
  readonly seconds: { readonly read: number; readonly predict: number; readonly write: number }
}

/** `scores.parquet` gives `scores.rejected.ndjson` beside it. */
export function rejectedFileOf(out: string): string {
  return `${out.replace(/(\.(gz|zst|zstd))?$/i, '').replace(/\.[a-z]+$/i, '')}.rejected.ndjson`
}

/** The folder of unfinished work beside the file. */
export const partsFolderOf = (out: string) => `${out}.parts`

/**
 * Asks a model file for the rows of a plain file, without a server. What is done stays beside the file until all of it is, so that a run that was
 * killed goes on where it was. Errors: `file_not_found`, `file_unreadable`, `file_format_unknown`, `file_not_written`, `disk_full`,
 * `batch_refused`, `batch_changed`, `batch_rows_rejected`, `invalid_request`.
 */
export async function predictFile(input: PredictFileInput): Promise<PredictedFile> {
  await checkPlaces(input)
  const began = input.seconds()
  const engine = await openFileEngine({ threads: input.threads })
  try {
    const identity = Promise.all([
      input.python === undefined ? hashOf(input.model) : hashOfFolder(input.model),
      hashOf(input.path),
    ])
    // A file that is not there is told of by what opens it.
    identity.catch(() => undefined)
    const texts = await textsOf(input)
    return await engine.use(
      { path: input.path, texts },
      async (connection, file) => predictWith(connection, { input, file, began, identity: await identity }),
      input.signal,
    )
  } finally {
    await engine.close()
  }
}

interface Opened {
  readonly input: PredictFileInput
  readonly file: OpenedFile
  readonly began: number
  readonly identity: readonly [model: string, rows: string]
}

async function predictWith(connection: DuckDBConnection, opened: Opened): Promise<PredictedFile> {
  const { input, file, began, identity } = opened
  // Loaded at use: the numerics and the runtime cost more than the rest.
  const [{ openBatchModel }, { checkColumns, partRowsOf, scoreRows }] = await Promise.all([
    import('./open-batch-model.js'),
    import('./score-rows.js'),
  ])
  const path = file.parquet
  const columns = await describe(connection, path)
  const kept = keptOf(columns, input.columns)
  const model = await openBatchModel({
    file: input.model,
    ...(input.python === undefined
      ? {}
      : { python: { ...input.python, clock: { now: () => new Date(0), monotonicMs: () => input.seconds() * 1000 } } }),
    features: input.features,
    passMissing: input.passMissing,
    rowColumns: columns.map(({ name }) => name),
    threads: input.threads,
  })
  try {
    const rows = { files: [{ path, rowCount: file.rowCount }], columns }
    checkColumns({ model, rows, kept })
    const partRows = partRowsOf(model, input.partRows ?? limit('batches.part_rows'))
    const plan = {
      model: identity[0],
      rows: identity[1],
      columns: kept.map(({ name, type }) => `${name} ${type}`),
      features: model.columns.map(({ name, spec }) => `${name} ${spec.nullable === true}`),
      part_rows: partRows,
      language: input.language,
    }
    const folder = await openPartFolder(partsFolderOf(input.out), plan, input.resume === true)
    const resumed = folder.parts.reduce((sum, { rows }) => sum + rows, 0)
    const read = input.seconds() - began
    const asked = {
      connection,
      model,
      rows,
      kept,
      folder,
      partRows,
      rejectedMax: input.rejectedMax,
      language: input.language,
      seconds: input.seconds,
      signal: input.signal,
      onProgress: input.onProgress,
    }
    const counts = await scoreRows(asked).catch(async (error: unknown) => {
      if (isFabriqueError(error) && error.code === 'batch_rows_rejected') {
        await joinRejected(folder, rejectedFileOf(input.out))
      }
      throw error
    })
    const predict = input.seconds() - began - read
    const written = await writeAnswers(connection, { input, model, kept, folder, counts })
    return {
      ...counts,
      ...written,
      resumed,
      seconds: { read, predict, write: input.seconds() - began - read - predict },
    }
  } finally {
    await model.release()
  }
}

interface Answers {
  readonly input: PredictFileInput
  readonly model: BatchModel
  readonly kept: readonly RowColumn[]
  readonly folder: PartFolder
  readonly counts: RowCounts
}

/** Joins the parts to the file that was asked for; they go once it is there. */
async function writeAnswers(connection: DuckDBConnection, { input, model, kept, folder, counts }: Answers) {
  const { out } = input
  const rejectedFile = rejectedFileOf(out)
  if (counts.rejected === 0) await rm(rejectedFile, { force: true })
  else await joinRejected(folder, rejectedFile)
  const paths = folder.parts.map((_, part) => sqlText(folder.rowsOf(part)))
  const columns = [...kept, ...model.predicted]
  const written = await writeRows(
    connection,
    { sql: `select * from read_parquet([${paths.join(', ')}])`, columns },
    out,
  )
  await written.kept
  await rm(partsFolderOf(out), { recursive: true, force: true })
  const names = columns.map(({ name }) => name)
  return { columns: names, bytes: written.bytes, ...(counts.rejected === 0 ? {} : { rejectedFile }) }
}

async function joinRejected(folder: PartFolder, path: string): Promise<void> {
  const beside = `${path}.new`
  const lines = async function* () {
    for (const [part, { rejected }] of folder.parts.entries()) {
      if (rejected > 0) yield* createReadStream(folder.rejectedOf(part))
    }
  }
  try {
    await pipeline(lines(), createWriteStream(beside, { flush: true }))
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

async function checkPlaces({ path, model, out }: PredictFileInput): Promise<void> {
  formatOfName(out)
  const written = await stat(out).catch(() => undefined)
  if (written === undefined) return
  for (const read of [path, model]) {
    const found = await stat(read).catch(() => undefined)
    if (found === undefined || found.ino !== written.ino || found.dev !== written.dev) continue
    throw new FabriqueError('invalid_request', {
      field: '--out',
      reason: `${out} is the file ${read} that is read`,
      reason_fr: `${out} est le fichier ${read} qui est lu`,
    })
  }
  if (!written.isFile())
    throw new FabriqueError('file_not_written', { path: out, reason: 'it is there and is no file' })
}

/** Texts in CSV stay as they are written where the answers are CSV too, as 007 does; otherwise columns get the type that fits all their values. */
async function textsOf({ path, out, model, python }: PredictFileInput): Promise<readonly string[] | 'all'> {
  if (formatOfName(path).format !== 'csv') return []
  if (formatOfName(out).format === 'csv') return 'all'
  const { textColumnsOf, textInputsOf } = await import('./open-batch-model.js')
  return python === undefined ? textInputsOf(model) : textColumnsOf(model)
}

async function describe(connection: DuckDBConnection, path: string): Promise<readonly RowColumn[]> {
  const described = await connection.runAndReadAll(`describe select * from read_parquet(${sqlText(path)})`)
  return rowsOf<{ column_name: string; column_type: string }>(described).map(({ column_name, column_type }) => ({
    name: column_name,
    type: column_type,
  }))
}

/** Throws `batch_refused` for a column that the rows do not have. */
export function keptOf(columns: readonly RowColumn[], names: readonly string[] | undefined): readonly RowColumn[] {
  if (names === undefined) return columns
  return names.map((name) => {
    const found = columns.find((column) => column.name === name)
    if (found !== undefined) return found
    const [quoted, known] = [JSON.stringify(name), columns.map((column) => column.name).join(', ')]
    throw refused(
      `the rows have no column ${quoted}, they have ${known}`,
      `les lignes n’ont pas de colonne ${quoted}, elles ont ${known}`,
    )
  })
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const piece of readPieces(path)) hash.update(piece)
  } catch (error) {
    throw new FabriqueError('file_not_found', { path }, { cause: error })
  }
  return hash.digest('hex')
}

async function hashOfFolder(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new FabriqueError('file_not_found', { path: folder }, { cause: error })
  })
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  for (const path of paths.sort()) hash.update(`${path.slice(folder.length)}\0${await hashOf(path)}\n`)
  return hash.digest('hex')
}
