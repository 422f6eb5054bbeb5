import { type FileHandle, open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FabriqueError, isFabriqueError, SourceFormat } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { toDiskError } from '../../../platform/index.js'
import type { CustomFile, CustomListing, CustomRows, CustomSource } from './custom-source.js'
import { hashFile } from './hash-file.js'
import type { LocalFile, SourceDriver, SourceItem, SourceScope } from './source-driver.js'

/**
 * Sources that a project defines in code. Its code runs in the worker; whatever it throws is told with the name of the source.
 * Errors: `source_driver_missing`, `source_driver_failed`, `source_not_found`, `source_unreadable`, `source_too_large`.
 */
export const customDriver: SourceDriver<'custom'> = {
  kind: 'custom',
  async list(source, scope) {
    const driver = scope.customSource(scope.project, source.driver)
    const place = { driver, scope }
    const listing = await inDriver(place, async () =>
      driver.list({
        options: source.options,
        project: scope.project,
        dataset: scope.dataset,
        folder: scope.folder,
        state: scope.state,
        signal: scope.ctx.signal,
        secret: (name) => scope.secret(name),
      }),
    )
    const parts = await inDriver(place, async () => partsOf(listing))
    return {
      mode: listing.mode ?? 'whole',
      items: parts.map((part) => itemOf(place, part)),
      ...(listing.state === undefined ? {} : { state: listing.state }),
    }
  },
}

interface Place {
  readonly driver: CustomSource
  readonly scope: SourceScope
}

/** Runs code of the project. */
async function inDriver<Result>({ driver, scope }: Place, work: () => Promise<Result>): Promise<Result> {
  const { signal, log } = scope.ctx
  try {
    return await (signal === undefined ? work() : Promise.race([work(), abortOf(signal)]))
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    if (isFabriqueError(error)) throw error
    log.warn({ driver: driver.name, dataset: scope.dataset, err: error }, 'A source of the project failed')
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500)
    throw new FabriqueError('source_driver_failed', { driver: driver.name, reason }, { cause: error })
  }
}

/** Fails when the signal does: code of others may never look at it. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** Checks what came from code that nobody compiled against us. */
function partsOf(listing: CustomListing): readonly (CustomFile | CustomRows)[] {
  if (typeof listing !== 'object' || listing === null || typeof listing.parts?.[Symbol.iterator] !== 'function') {
    throw new Error('list must return an object with a list of parts')
  }
  if (listing.mode !== undefined && listing.mode !== 'whole' && listing.mode !== 'added') {
    throw new Error('mode must be whole or added')
  }
  const wrong = Object.entries(listing.state ?? {}).find(([, value]) => typeof value !== 'string')
  if (wrong !== undefined) throw new Error(`state.${wrong[0]} must be a text`)
  const seen = new Set<string>()
  const parts: (CustomFile | CustomRows)[] = []
  for (const part of listing.parts) {
    if (typeof part?.name !== 'string' || part.name === '') throw new Error(`part ${parts.length} has no name`)
    if (seen.has(part.name)) throw new Error(`two parts have the name ${part.name}`)
    if ('file' in part ? typeof part.file !== 'string' : typeof part.rows !== 'function') {
      throw new Error(`the part ${part.name} has neither a file nor rows`)
    }
    seen.add(part.name)
    parts.push(part)
    if (parts.length > limit('sources.files_max')) throw new Error(`there are more than ${parts.length - 1} parts`)
  }
  return parts
}

function itemOf(place: Place, part: CustomFile | CustomRows): SourceItem {
  const named = { name: part.name, ...(part.mark === undefined ? {} : { mark: part.mark }) }
  return 'file' in part
    ? { ...named, format: formatOf(place, part), open: (report) => openFile(place, part, report) }
    : { ...named, format: { format: 'json' }, open: (report) => writeRows(place, part, report) }
}

const formats: Readonly<Record<string, SourceFormat['format']>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  parquet: 'parquet',
  pq: 'parquet',
  json: 'json',
  ndjson: 'json',
  jsonl: 'json',
}

function formatOf({ driver }: Place, { file, format }: CustomFile): SourceFormat {
  const ending = /\.([^./]+?)(?:\.(?:gz|zst))?$/i.exec(file)?.[1]?.toLowerCase() ?? ''
  const given = format ?? formats[ending]
  const parsed = SourceFormat.safeParse(typeof given === 'string' ? { format: given } : given)
  if (parsed.success) return parsed.data
  const reason = `the format of ${file} is not known: give csv, parquet or json`
  throw new FabriqueError('source_driver_failed', { driver: driver.name, reason })
}

async function openFile({ scope }: Place, part: CustomFile, report: (bytes: number) => void): Promise<LocalFile> {
  const path = resolve(scope.folder, part.file)
  try {
    const found = await hashFile(path, { report, signal: scope.ctx.signal })
    return { path, ...found, release: () => Promise.resolve() }
  } catch (error) {
    scope.ctx.signal?.throwIfAborted()
    const names = { path: part.file, dataset: scope.dataset }
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new FabriqueError('source_not_found', names, { cause: error })
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('source_unreadable', { ...names, reason }, { cause: error })
  }
}

/** Text that is written at once. */
const bufferedChars = 1024 * 1024

/** Writes rows as a file with a JSON object on each line. */
async function writeRows(place: Place, part: CustomRows, report: (bytes: number) => void): Promise<LocalFile> {
  const { ctx } = place.scope
  const path = join(ctx.blobs.stagingFolder, `got-${ctx.ids.hex32()}-rows.ndjson`)
  const file = await open(path, 'wx', 0o600)
  try {
    await inDriver(place, () => writeAll(place, part, file, report))
    await file.close()
    return { path, ...(await hashFile(path)), release: () => rm(path, { force: true }) }
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true })
    throw error
  }
}

async function writeAll(
  { scope }: Place,
  part: CustomRows,
  file: FileHandle,
  report: (bytes: number) => void,
): Promise<void> {
  let text = ''
  let bytes = 0
  let count = 0
  const flush = async () => {
    const { bytesWritten } = await file.write(text).catch((error: unknown) => {
      throw toDiskError(error, scope.ctx.blobs.stagingFolder)
    })
    text = ''
    bytes += bytesWritten
    report(bytes)
    if (bytes > limit('data.download_bytes_max')) {
      throw new FabriqueError('source_too_large', { path: part.name, limit_bytes: limit('data.download_bytes_max') })
    }
  }
  for await (const row of await part.rows()) {
    scope.ctx.signal?.throwIfAborted()
    count += 1
    text += `${lineOf(row, `row ${count} of ${part.name}`)}\n`
    if (text.length >= bufferedChars) await flush()
  }
  await flush()
}

/** One row as JSON. Whole numbers of any size keep their digits; what JSON cannot say is refused. */
function lineOf(row: unknown, place: string): string {
  const isRow = typeof row === 'object' && row !== null && !Array.isArray(row)
  if (!isRow) throw new Error(`${place} is not an object`)
  const members = Object.entries(row).map(
    ([name, value]) => `${JSON.stringify(name)}:${textOf(value, `${name} in ${place}`)}`,
  )
  return `{${members.join(',')}}`
}

function textOf(value: unknown, place: string): string {
  if (typeof value === 'bigint') return String(value)
  if (value === undefined) return 'null'
  const text = JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner))
      throw new Error(`${place} is ${inner}: give null where there is no number`)
    return inner
  }) as string | undefined
  if (text === undefined) throw new Error(`${place} is a ${typeof value}, which is no value`)
  return text
}
