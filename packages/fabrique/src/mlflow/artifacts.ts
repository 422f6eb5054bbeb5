import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import type { Transport } from './transport.js'
import { FileInfo } from './wire.js'

const api = '/api/2.0/mlflow-artifacts/artifacts'
const FileList = z.object({ files: z.array(FileInfo).default([]) })
/** Files sent or fetched at once. */
const transfersMax = 4

/** The path in the artifact store of the server that an address such as `mlflow-artifacts:/1/…/artifacts` means. */
function storePath(uri: string): string {
  const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/s.exec(uri)?.[1]
  if (path === undefined) throw new FabriqueError('artifact_store_not_served', { address: uri })
  return path.replace(/\/+$/, '')
}

function encode(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

function below(root: string, path: string | undefined): string {
  return path === undefined || path === '' ? root : posix.join(root, path)
}

/**
 * Files below an artifact address of the server (`run.artifactUri`, `loggedModel.artifactUri`), which it keeps itself. A
 * server that hands out other stores throws `artifact_store_not_served`.
 */
export function artifactCalls(transport: Transport) {
  const list = async (uri: string, path?: string): Promise<readonly FileInfo[]> => {
    const query = { path: below(storePath(uri), path) }
    const { files } = FileList.parse(await transport.call({ method: 'GET', path: api, query }))
    return files.map((file) => ({ ...file, path: below(path ?? '', file.path) }))
  }

  const putFile = async (uri: string, file: string, path: string): Promise<void> => {
    const { size } = await stat(file)
    await transport.upload({
      path: `${api}/${encode(below(storePath(uri), path))}`,
      bytes: size,
      open: () => (size === 0 ? '' : (Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>)),
    })
  }

  const open = (uri: string, path: string): Promise<Response> =>
    transport.download(`${api}/${encode(below(storePath(uri), path))}`)

  const getFile = async (uri: string, path: string, target: string): Promise<void> => {
    const reply = await open(uri, path)
    await mkdir(dirname(target), { recursive: true })
    // Written beside and moved, so that a broken transfer leaves no half file under the name.
    const partial = `${target}.part`
    try {
      await pipeline(Readable.fromWeb((reply.body ?? new Blob([]).stream()) as never), createWriteStream(partial))
      await rename(partial, target)
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
  }

  const listAll = async (uri: string, path?: string): Promise<readonly FileInfo[]> => {
    const found: FileInfo[] = []
    for (const entry of await list(uri, path)) {
      if (entry.isFolder) found.push(...(await listAll(uri, entry.path)))
      else found.push(entry)
    }
    return found
  }

  return {
    /** The files and folders in a folder, with paths relative to the address. */
    list,
    /** Every file below a folder. */
    listAll,
    /** Sends bytes or text as one file. */
    async put(uri: string, path: string, content: string | Uint8Array): Promise<void> {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      await transport.upload({
        path: `${api}/${encode(below(storePath(uri), path))}`,
        bytes: bytes.byteLength,
        open: () => bytes as Uint8Array<ArrayBuffer>,
      })
    },
    /** Sends a file, or a folder with all in it, streamed. `folder` is where it goes; its name is kept. */
    async upload(uri: string, source: string, folder = ''): Promise<void> {
      const root = resolve(source)
      if (!(await stat(root)).isDirectory()) return putFile(uri, root, below(folder, basename(root)))
      const entries = await readdir(root, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      await inParallel(files, (file) => putFile(uri, file, below(folder, relative(root, file).split(sep).join('/'))))
    },
    /** The reply of one file, its body still to be read; for large files. */
    open,
    async read(uri: string, path: string): Promise<Uint8Array> {
      return new Uint8Array(await (await open(uri, path)).arrayBuffer())
    },
    /** Fetches a file, or a folder with all in it, below `target`; paths are kept. */
    async download(uri: string, path: string, target: string): Promise<void> {
      const files = await listAll(uri, path)
      const wanted = files.length === 0 ? [path] : files.map((file) => file.path)
      await inParallel(wanted, (file) => getFile(uri, file, safeTarget(target, file)))
    },
    async delete(uri: string, path: string): Promise<void> {
      await transport.call({ method: 'DELETE', path: `${api}/${encode(below(storePath(uri), path))}`, body: {} })
    },
  }
}

/** A server must not choose where files go on this machine. */
function safeTarget(folder: string, path: string): string {
  const target = resolve(folder, path)
  if (target.startsWith(resolve(folder) + sep)) return target
  throw new FabriqueError('artifact_path_invalid', { path })
}

async function inParallel<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: Math.min(transfersMax, waiting.length) }, work))
}
