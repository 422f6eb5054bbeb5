import { lstat, mkdir, realpath, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { downloadObject, openS3, type S3, type VerbContext } from '../../platform/index.js'
import type { DvcConfig, DvcRemote } from './dvc-config.js'
import { type FileHashes, folderObject, hashFile } from './dvc-hash.js'
import { type DvcEntry, type DvcOutput, invalidFile, isPlainPath } from './dvc-model.js'
import { readBounded } from './dvc-yaml.js'

/** A content of a repository that was found and has the hash that it is known by. */
export interface FoundContent extends FileHashes {
  /** Full path of a file on this machine. */
  readonly file: string
}

/** Where the contents of a repository are looked for: its cache, its own files, its remote. */
export interface DvcContents {
  /** The files of an output by path, of a single file with its name. Throws `dvc_content_missing`, `dvc_content_corrupt`, `dvc_file_invalid`. */
  entriesOf(output: DvcOutput): Promise<readonly DvcEntry[]>
  /** The content of one file. Throws `dvc_content_missing`, `dvc_content_corrupt`. */
  find(output: DvcOutput, entry: DvcEntry): Promise<FoundContent>
  /** Removes what was fetched. */
  close(): Promise<void>
}

interface Wanted {
  readonly output: DvcOutput
  /** Of the content itself; of a folder's list with `.dir`. */
  readonly name: string
  /** For people. */
  readonly path: string
}

const List = z.array(z.object({ md5: z.string().regex(/^[0-9a-f]{32}$/), relpath: z.string() }))

/** Opens the contents of a repository. `remote` names the one to ask in place of those that the repository would take. */
export function openDvcContents(
  ctx: VerbContext,
  { root, config, remote }: { readonly root: string; readonly config: DvcConfig; readonly remote: string | undefined },
): DvcContents {
  const fetched = join(ctx.blobs.stagingFolder, `dvc-${ctx.ids.hex32()}`)
  const clients = new Map<string, S3>()
  /** Each content is looked for once, also by several at the same time. */
  const found = new Map<string, Promise<FoundContent>>()

  /** A remote that is named must be readable; one that the repository names is asked where it can be. */
  const remoteOf = (output: DvcOutput): { readonly name: string; readonly place: DvcRemote } | undefined => {
    const name = remote ?? output.remote ?? config.defaultRemote
    return name === undefined ? undefined : { name, place: config.remote(name) }
  }

  const fetch = async (wanted: Wanted): Promise<string | undefined> => {
    const asked = remoteOf(wanted.output)
    if (asked === undefined) return undefined
    const { name, place } = asked
    for (const path of layoutsOf(wanted)) {
      if (place.kind === 'folder') {
        const file = join(place.folder, path)
        if (await isPlainFile(file)) return file
        continue
      }
      const s3 = clients.get(name) ?? openS3(place)
      clients.set(name, s3)
      const key = place.prefix === '' ? path : `${place.prefix}/${path}`
      const object = await s3.head(place.bucket, key, ctx.signal)
      if (object === undefined) continue
      await mkdir(fetched, { recursive: true })
      const file = join(fetched, wanted.name)
      await rm(file, { force: true })
      await downloadObject(s3, { bucket: place.bucket, object, path: file, signal: ctx.signal })
      return file
    }
    return undefined
  }

  const candidates = async function* (wanted: Wanted, own: string | undefined): AsyncGenerator<string> {
    for (const path of layoutsOf(wanted)) {
      const file = join(config.cacheFolder, path)
      if (await isPlainFile(file)) yield file
    }
    // Outputs that git keeps, and those of a cache that was cleared.
    if (own !== undefined && (await isInside(root, own))) yield own
    const file = await fetch(wanted)
    if (file !== undefined) yield file
  }

  /** The first place that has the right content; wrong content elsewhere is told when none has. */
  const locate = async (wanted: Wanted, own: string | undefined): Promise<FoundContent> => {
    const { output, name, path } = wanted
    let wrong: FileHashes | undefined
    for await (const file of candidates(wanted, own)) {
      const hashes = await hashFile(file, output.rule, ctx.signal)
      const names = output.rule === 'md5' ? [hashes.md5] : hashes.older
      if (names.includes(name.replace('.dir', ''))) return { ...hashes, file }
      if (file !== own) wrong = hashes
    }
    const { declaredIn } = output
    if (wrong !== undefined) {
      const known = output.rule === 'md5' ? wrong.md5 : (wrong.older[0] ?? '')
      throw new FabriqueError('dvc_content_corrupt', { path, file: declaredIn, md5: name, found: known })
    }
    const asked = remoteOf(output)
    throw new FabriqueError('dvc_content_missing', { path, file: declaredIn, md5: name, remote: asked?.name ?? '-' })
  }

  return {
    async entriesOf(output) {
      if (!output.isFolder) return [{ md5: output.md5, relpath: output.path.slice(output.path.lastIndexOf('/') + 1) }]
      // The list of the empty folder needs no file.
      if (output.md5 === folderObject([]).md5) return []
      const name = `${output.md5}.dir`
      const { file } = await locate({ output, name, path: output.path }, undefined)
      const content = await readBounded(file, name, limit('dvc.list_bytes_max'))
      return parseList(content.toString('utf8'), name)
    },
    async find(output, { md5, relpath }) {
      const key = `${output.rule} ${md5}`
      const path = output.isFolder ? `${output.path}/${relpath}` : output.path
      const content = found.get(key) ?? locate({ output, name: md5, path }, join(root, path))
      found.set(key, content)
      return content
    },
    async close() {
      for (const client of clients.values()) client.close()
      await rm(fetched, { recursive: true, force: true })
    },
  }
}

/** Where a content lies in a cache or a remote: the layout of its rule first. */
function layoutsOf({ output, name }: Wanted): readonly string[] {
  const older = `${name.slice(0, 2)}/${name.slice(2)}`
  const newer = `files/md5/${older}`
  return output.rule === 'md5' ? [newer, older] : [older, newer]
}

function parseList(text: string, name: string): readonly DvcEntry[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    return invalidFile(name, 'it is not JSON', error)
  }
  const list = List.safeParse(parsed)
  if (!list.success) return invalidFile(name, 'it is not the list of a folder')
  const paths = new Set<string>()
  for (const { relpath } of list.data) {
    if (!isPlainPath(relpath)) invalidFile(name, `${relpath.slice(0, 200)} leads out of the folder`)
    if (paths.has(relpath)) invalidFile(name, `${relpath.slice(0, 200)} stands there twice`)
    paths.add(relpath)
  }
  return list.data
}

/** Links in a cache are not followed: DVC makes none there. */
async function isPlainFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** True for a plain file of the repository; a link may lead to one in its cache, not out of the repository. */
async function isInside(root: string, path: string): Promise<boolean> {
  const target = await realpath(path).catch(() => undefined)
  return target?.startsWith(`${root}${sep}`) === true && (await isPlainFile(target))
}
