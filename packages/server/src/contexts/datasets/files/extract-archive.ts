import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import type { LeftOut } from './model.js'
import { pathFault } from './path-fault.js'

interface Archive {
  readonly path: string
  /** For people. */
  readonly location: string
}

/** One file of an archive; `content` is opened at most once, before the next file is asked for. */
interface ArchiveFile {
  readonly path: string
  readonly executable: boolean
  /** Why it is no plain file. */
  readonly fault?: string
  content(): Promise<AsyncIterable<Uint8Array>>
}

/** Archives below this are never taken for a bomb by their ratio. */
const bombBytesMin = 64 * 1024 * 1024

export function isArchive(path: string): boolean {
  return /\.(zip|tar|tar\.gz|tgz)$/i.test(path)
}

/**
 * Unpacks an archive to a folder that goes away after the work. Refused as a whole: names that lead out of it, names that stand there
 * twice, more files or bytes than the limits, and content that unpacks to far more than it is. Links and devices are left out, and told.
 * Throws `archive_invalid`, `disk_full`.
 */
export async function extractArchive<Result>(
  ctx: VerbContext,
  archive: Archive,
  work: (folder: string, leftOut: readonly LeftOut[]) => Promise<Result>,
): Promise<Result> {
  const folder = join(ctx.blobs.stagingFolder, `files-${ctx.ids.hex32()}`)
  await mkdir(folder)
  try {
    const leftOut = await extractTo(ctx, archive, folder)
    return await work(folder, leftOut)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function extractTo(ctx: VerbContext, archive: Archive, folder: string): Promise<readonly LeftOut[]> {
  const invalid = (reason: string, cause?: unknown) =>
    new FabriqueError('archive_invalid', { path: archive.location, reason }, { cause })
  const { size } = await stat(archive.path)
  const bytesMax = Math.min(
    limit('files.archive_bytes_max'),
    Math.max(bombBytesMin, size * limit('files.archive_ratio_max')),
  )
  const leftOut: LeftOut[] = []
  let files = 0
  let bytes = 0
  const counted = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        done(bytes > bytesMax ? invalid(`it unpacks to more than ${bytesMax} bytes`) : null, chunk)
      },
    })
  try {
    for await (const file of archive.path.toLowerCase().endsWith('.zip') ? zipFiles(archive) : tarFiles(archive)) {
      ctx.signal?.throwIfAborted()
      files += 1
      if (files > limit('files.count_max')) throw invalid(`it has more than ${limit('files.count_max')} files`)
      const fault = pathFault(file.path)
      if (fault !== undefined) throw invalid(`the name ${file.path.slice(0, 200)} is refused: ${fault}`)
      if (file.fault !== undefined) {
        leftOut.push({ path: file.path, reason: file.fault })
        continue
      }
      const target = join(folder, file.path)
      await mkdir(dirname(target), { recursive: true })
      const mode = file.executable ? 0o700 : 0o600
      await pipeline(await file.content(), counted(), createWriteStream(target, { flags: 'wx', mode }))
    }
  } catch (error) {
    if (isFabriqueError(error) || ctx.signal?.aborted) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOSPC') throw new FabriqueError('disk_full', { folder: ctx.blobs.stagingFolder }, { cause: error })
    if (['EEXIST', 'EISDIR', 'ENOTDIR'].includes(code)) throw invalid('a name stands there twice', error)
    throw invalid(error instanceof Error ? error.message : String(error), error)
  }
  return leftOut
}

async function* zipFiles({ path }: Archive): AsyncGenerator<ArchiveFile> {
  // Loaded at first use: most collections are folders.
  const { openPromise } = await import('yauzl')
  const zip = await openPromise(path, { lazyEntries: true, strictFileNames: true, validateEntrySizes: true })
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue
      // The upper half has the Unix mode where the archive was made on Unix.
      const mode = entry.externalFileAttributes >>> 16
      const isLink = (mode & 0o170000) === 0o120000
      yield {
        path: entry.fileName,
        executable: (mode & 0o100) !== 0,
        ...(isLink ? { fault: 'it is a symbolic link' } : {}),
        content: () => zip.openReadStreamPromise(entry),
      }
    }
  } finally {
    zip.close()
  }
}

async function* tarFiles({ path }: Archive): AsyncGenerator<ArchiveFile> {
  const { extract } = await import('tar-stream')
  const tar = extract()
  const source = createReadStream(path)
  const unpacked = /gz$/i.test(path) ? pipeline(source, createGunzip(), tar) : pipeline(source, tar)
  // The reading below fails as well, and tells.
  unpacked.catch(() => {})
  for await (const entry of tar) {
    const { name, type, mode } = entry.header
    const plain = name.replace(/^(?:\.\/)+/, '')
    if (type === 'directory') {
      entry.resume()
      continue
    }
    const isPlain = type === 'file' || type === 'contiguous-file'
    if (!isPlain) entry.resume()
    yield {
      path: plain,
      executable: ((mode ?? 0) & 0o100) !== 0,
      ...(isPlain ? {} : { fault: `it is a ${String(type)}` }),
      content: async () => Readable.from(entry),
    }
  }
  await unpacked
}
