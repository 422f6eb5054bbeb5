import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError } from '@fabrique/contract'

/** A file of a model as it is kept. */
export interface KeptFile {
  /** From the folder of the model. */
  readonly path: string
  open(): Promise<{ readonly content: Readable; readonly sha256: string }>
}

/** Machines that share a disk each look after their own folders. */
const prefix = `fabrique-model-${hostname()}-`

/**
 * Copies the files of a model into a folder of its own, without holding one in memory. Throws `blob_corrupt` where the content of one is
 * another than is known.
 */
export async function checkOutFiles(
  files: readonly KeptFile[],
): Promise<{ readonly folder: string; release(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  const release = () => rm(folder, { recursive: true, force: true })
  try {
    for (const file of files) await copyChecked(file, join(folder, file.path))
  } catch (error) {
    await release()
    throw error
  }
  return { folder, release }
}

async function copyChecked({ open }: KeptFile, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  const { content, sha256 } = await open()
  const hash = createHash('sha256')
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(to, { flags: 'wx' }),
  )
  const found = hash.digest('hex')
  if (found !== sha256) throw new FabriqueError('blob_corrupt', { hash: sha256, found })
}

/** Removes the folders of processes that were killed; returns how many. */
export async function sweepCheckedOut(): Promise<number> {
  let removed = 0
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const [, pid] = name.startsWith(prefix) ? (/^(\d+)-/.exec(name.slice(prefix.length)) ?? []) : []
    const folder = join(tmpdir(), name)
    if (pid === undefined || !(await isLeft(Number(pid), folder))) continue
    await rm(folder, { recursive: true, force: true })
    removed += 1
  }
  return removed
}

/** Whether the process that made a folder is gone. In a container the next process often has the same number. */
async function isLeft(pid: number, folder: string): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid)
  const made = await stat(folder).catch(() => undefined)
  return made !== undefined && made.birthtimeMs < performance.timeOrigin
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
