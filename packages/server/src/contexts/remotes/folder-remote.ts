import { createReadStream, createWriteStream, type Dirent } from 'node:fs'
import { lstat, mkdir, open, opendir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { FabriqueError, isFabriqueError, type Remote } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { blobPath, hashOfPath, manifestPath, placeOf, type RemoteStore } from './remote-store.js'

/** A remote in a folder, as on a network drive. Throws `remote_unavailable` where it cannot be made or written. */
export async function openFolderRemote(ctx: VerbContext, remote: Remote): Promise<RemoteStore> {
  const root = remote.url
  const staging = join(root, 'staging')
  const explain = async <Result>(action: () => Promise<Result>): Promise<Result> => {
    try {
      return await action()
    } catch (error) {
      if (isFabriqueError(error) || ctx.signal?.aborted) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new FabriqueError('remote_unavailable', { remote: remote.name, reason }, { cause: error })
    }
  }
  await explain(() => mkdir(staging, { recursive: true }))
  await explain(() => clearOld(staging, ctx.clock.now().getTime() - limit('blobs.staging_ms')))

  /** Whole or not at all: written aside, on disk for good, then given its name. */
  const place = async (path: string, write: (temp: string) => Promise<void>): Promise<void> => {
    const temp = join(staging, ctx.ids.hex32())
    try {
      await write(temp)
      const file = await open(temp, 'r+')
      await file.sync().finally(() => file.close())
      const target = join(root, path)
      await mkdir(dirname(target), { recursive: true })
      await rename(temp, target)
    } catch (error) {
      await rm(temp, { force: true })
      throw error
    }
  }
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal }

  return {
    sizeOf: (sha256) =>
      lstat(join(root, blobPath(sha256))).then(
        (found) => (found.isFile() ? found.size : undefined),
        () => undefined,
      ),
    async *list() {
      for (const prefix of await namesIn(join(root, 'blobs'))) {
        for (const { name } of await namesIn(join(root, 'blobs', prefix.name))) {
          const sha256 = hashOfPath(`blobs/${prefix.name}/${name}`)
          const found = await lstat(join(root, 'blobs', prefix.name, name)).catch(() => undefined)
          if (sha256 !== undefined && found?.isFile()) yield { sha256, bytes: found.size }
        }
      }
    },
    put: (blob) =>
      explain(() =>
        place(blobPath(blob.sha256), async (temp) => {
          await pipeline(await blob.open(), createWriteStream(temp, { flags: 'wx' }), signal)
        }),
      ),
    fetch: (sha256, _bytes, path) =>
      explain(() => pipeline(createReadStream(join(root, blobPath(sha256))), createWriteStream(path), signal)),
    async *listManifests(project, dataset) {
      const base = join(root, 'snapshots')
      for (const first of project === undefined ? await namesIn(base) : [{ name: project }]) {
        for (const second of dataset === undefined ? await namesIn(join(base, first.name)) : [{ name: dataset }]) {
          for await (const { name } of await foldersOf(join(base, first.name, second.name))) {
            const found = placeOf(`snapshots/${first.name}/${second.name}/${name}`)
            if (found !== undefined) yield found
          }
        }
      }
    },
    readManifest: (where) =>
      explain(async () => {
        const path = join(root, manifestPath(where))
        const found = await stat(path).catch(() => undefined)
        if (found === undefined) return undefined
        if (found.size > limit('remotes.manifest_bytes_max')) {
          throw new FabriqueError('remote_manifest_invalid', {
            snapshot: where.id,
            remote: remote.name,
            reason: 'it is too large',
          })
        }
        return readFile(path, 'utf8')
      }),
    writeManifest: (where, text) =>
      explain(() =>
        place(manifestPath(where), async (temp) => {
          const file = await open(temp, 'wx')
          await file.writeFile(text).finally(() => file.close())
        }),
      ),
    close() {},
  }
}

async function namesIn(folder: string): Promise<readonly Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1))
}

async function foldersOf(folder: string): Promise<AsyncIterable<Dirent> | readonly Dirent[]> {
  return opendir(folder).catch(() => [])
}

/** What killed senders left. */
async function clearOld(staging: string, untouchedSinceMs: number): Promise<void> {
  for (const { name } of await namesIn(staging)) {
    const path = join(staging, name)
    const found = await lstat(path).catch(() => undefined)
    if (found !== undefined && Math.max(found.mtimeMs, found.ctimeMs) < untouchedSinceMs)
      await rm(path, { force: true })
  }
}
