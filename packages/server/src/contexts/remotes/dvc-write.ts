import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, chmod, copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'yaml'
import type { VerbContext } from '../../platform/index.js'

/** An output as its `.dvc` file tells it. */
export interface WrittenOutput {
  /** Name beside the `.dvc` file. */
  readonly name: string
  /** With `.dir` for a folder. */
  readonly md5: string
  readonly bytes: number
  /** Of a folder. */
  readonly files: number | undefined
  readonly isExecutable: boolean
}

/** The content of a `.dvc` file, in the order in which DVC writes it. */
export function dvcFileText({ name, md5, bytes, files, isExecutable }: WrittenOutput): string {
  // Quoted also where only older YAML would take it for a number or a truth value.
  const text = (value: string) => stringify(value, { version: '1.1', lineWidth: 0 }).trimEnd()
  const lines = [
    `md5: ${text(md5)}`,
    `size: ${bytes}`,
    ...(files === undefined ? [] : [`nfiles: ${files}`]),
    ...(isExecutable ? ['isexec: true'] : []),
    'hash: md5',
    `path: ${text(name)}`,
  ]
  return `outs:\n- ${lines.join('\n  ')}\n`
}

/** Writes a small file whole or not at all; true where it changed. */
export async function writeWhole(ctx: VerbContext, path: string, content: string): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === content) return false
  await mkdir(dirname(path), { recursive: true })
  const temp = join(dirname(path), `.fabrique-${ctx.ids.hex32()}`)
  try {
    const file = await open(temp, 'wx', 0o644)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temp, path)
  } finally {
    await rm(temp, { force: true })
  }
  return true
}

/** Adds lines to an ignore file that are not there yet. */
export async function addIgnored(ctx: VerbContext, path: string, names: readonly string[]): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => '')
  const known = new Set(before.split(/\r?\n/))
  const added = names.map((name) => `/${escapeIgnored(name)}`).filter((line) => !known.has(line))
  if (added.length === 0) return
  const start = before === '' || before.endsWith('\n') ? before : `${before}\n`
  await writeWhole(ctx, path, `${start}${added.join('\n')}\n`)
}

/** A name as a pattern of git that means just this name. */
function escapeIgnored(name: string): string {
  return name.replace(/[[\]!*#?\\]/g, '\\$&').replace(/ +$/, (spaces) => '\\ '.repeat(spaces.length))
}

/** Where an object of a cache of DVC 3 stands. */
export function objectPath(cacheFolder: string, md5: string): string {
  return join(cacheFolder, 'files', 'md5', md5.slice(0, 2), md5.slice(2))
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Writes a content into a cache under its MD5, which is computed on the way; one that is there stays. Gives the MD5. */
export async function writeObject(ctx: VerbContext, cacheFolder: string, content: Readable | string): Promise<string> {
  await mkdir(cacheFolder, { recursive: true })
  const temp = join(cacheFolder, `.fabrique-${ctx.ids.hex32()}`)
  const hash = createHash('md5')
  try {
    const hashed = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    const source = typeof content === 'string' ? Readable.from([Buffer.from(content)]) : content
    const written = createWriteStream(temp, { flags: 'wx', flush: true })
    await pipeline(source, hashed, written, ctx.signal === undefined ? {} : { signal: ctx.signal })
    const md5 = hash.digest('hex')
    const target = objectPath(cacheFolder, typeof content === 'string' ? `${md5}.dir` : md5)
    if (await isThere(target)) return md5
    // DVC protects what is in its cache.
    await chmod(temp, 0o444)
    await mkdir(dirname(target), { recursive: true })
    await rename(temp, target)
    return md5
  } finally {
    await rm(temp, { force: true })
  }
}

/** Puts a copy of an object in its place in the folder. */
export async function copyObject(
  ctx: VerbContext,
  object: string,
  target: string,
  isExecutable: boolean,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  const temp = join(dirname(target), `.fabrique-${ctx.ids.hex32()}`)
  try {
    await copyFile(object, temp)
    await chmod(temp, isExecutable ? 0o755 : 0o644)
    await rename(temp, target)
  } finally {
    await rm(temp, { force: true })
  }
}
