import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { fileSignature } from './file-signature.js'
import type { ModelFiles, ModelSource, SourceModel, SourceVersion } from './model-source.js'

/** A file or folder to serve, under another name than its own where one is given. */
export interface ServedPlace {
  readonly path: string
  readonly name?: string | undefined
}

/** A version on the disk. */
interface FoundVersion {
  readonly model: string
  readonly version: string
  /** Its folder, or its only file. */
  readonly path: string
  /** Size and time of its files: while they change it is not yet complete. */
  readonly stamp: string
}

/** The alias that requests without a version go to. */
const champion = 'champion'

/** What MLflow calls the description of a model folder. */
const description = 'MLmodel'

/**
 * Models of plain files: ONNX files, model folders of MLflow, folders of a model with `1/model.onnx`, `2/model.onnx`, and repositories of
 * such folders. The highest version is the champion. A version that comes later is listed once its files have stayed the same from one look to the next,
 * so that one half copied is not taken.
 */
export function folderSource(places: readonly ServedPlace[]): ModelSource {
  const hashes = new Map<string, string>()
  let known: ReadonlyMap<string, FoundVersion> | undefined
  let seen: ReadonlyMap<string, string> = new Map()

  const look = async () => {
    const found = byKey((await Promise.all(places.map(versionsAt))).flat())
    const isComplete = ({ stamp }: FoundVersion, key: string) =>
      known === undefined || known.has(key) || seen.get(key) === stamp
    const complete = [...found].filter(([key, version]) => isComplete(version, key))
    seen = new Map([...found].map(([key, { stamp }]) => [key, stamp]))
    // A version that is in use stays what it was when it came: its files are read through the hashes of then.
    known = new Map(complete.map(([key, version]) => [key, known?.get(key) ?? version]))
    return known
  }

  return {
    async list() {
      const versions = [...(await look()).values()]
      const models = [...new Set(versions.map(({ model }) => model))]
      return models.map(
        (model): SourceModel => ({
          model,
          versions: newestFirst(versions.filter((one) => one.model === model)),
        }),
      )
    },
    async find(model, version) {
      const versions = [...(known ?? (await look())).values()].filter((one) => one.model === model)
      return newestFirst(versions).find((one) => one.version === version)
    },
    async open(model, version) {
      const found = (known ?? (await look())).get(`${model}/${version}`)
      if (found === undefined) {
        const told = { reason: `it has no version ${version}`, reason_fr: `il n’a pas de version ${version}` }
        throw new FabriqueError('model_not_served', { model, ...told })
      }
      const files = await filesOf(found.path, hashes)
      return { model, version, signature: await signatureOf(files), files }
    },
  }
}

const keyOf = ({ model, version }: FoundVersion) => `${model}/${version}`

/** Throws `model_names_clash` where two places have a model of the same name. */
function byKey(versions: readonly FoundVersion[]): ReadonlyMap<string, FoundVersion> {
  const found = new Map<string, FoundVersion>()
  for (const version of versions) {
    const other = found.get(keyOf(version))
    if (other !== undefined) {
      throw new FabriqueError('model_names_clash', { model: version.model, first: other.path, second: version.path })
    }
    found.set(keyOf(version), version)
  }
  return found
}

function newestFirst(versions: readonly FoundVersion[]): readonly SourceVersion[] {
  return versions
    .toSorted((left, right) => Number(right.version) - Number(left.version))
    .map(({ version }, place) => ({ version, aliases: place === 0 ? [champion] : [] }))
}

/** Throws `file_not_found`, `model_path_invalid`. */
async function versionsAt({ path: given, name }: ServedPlace): Promise<readonly FoundVersion[]> {
  const path = resolve(given)
  const found = await stat(path).catch((error: unknown) => {
    throw new FabriqueError('file_not_found', { path: given }, { cause: error })
  })
  if (!found.isDirectory()) {
    if (!path.endsWith('.onnx'))
      throw noModel(given, 'its name does not end in .onnx', 'son nom ne finit pas par .onnx')
    return [{ model: name ?? basename(path, '.onnx'), version: '1', path, stamp: '' }]
  }
  const entries = await readdir(path, { withFileTypes: true })
  const model = name ?? basename(path)
  if (entries.some((entry) => entry.name === description)) return [{ model, version: '1', path, stamp: '' }]
  const own = await versionsIn(path, model, entries)
  if (own.length > 0) return own
  const below = await Promise.all(
    entries.filter(isFolder).map(async (entry) => {
      const folder = join(path, entry.name)
      return versionsIn(folder, entry.name, await readdir(folder, { withFileTypes: true }))
    }),
  )
  const versions = below.flat()
  if (versions.length === 0) {
    throw noModel(
      given,
      `it has neither ${description}, nor 1/model.onnx, nor NAME/1/model.onnx`,
      `il n’a ni ${description}, ni 1/model.onnx, ni NOM/1/model.onnx`,
    )
  }
  if (name !== undefined) {
    throw noModel(
      given,
      'it holds several models, and one name was given',
      'il contient plusieurs modèles, et un seul nom a été donné',
    )
  }
  return versions
}

const isFolder = (entry: Dirent) => entry.isDirectory() || entry.isSymbolicLink()

/** Folders named by a number that hold a model. */
async function versionsIn(folder: string, model: string, entries: readonly Dirent[]): Promise<readonly FoundVersion[]> {
  const numbered = entries.filter((entry) => isFolder(entry) && /^[1-9]\d{0,8}$/.test(entry.name))
  const versions = await Promise.all(
    numbered.map(async ({ name }) => {
      const path = join(folder, name)
      const files = await readdir(path).catch((): string[] => [])
      if (!files.includes(description) && !files.some((file) => file.endsWith('.onnx'))) return []
      const stamps = files.map(async (file) => {
        const found = await stat(join(path, file)).catch(() => undefined)
        return `${file} ${found?.size} ${found?.mtimeMs}`
      })
      return [{ model, version: name, path, stamp: (await Promise.all(stamps)).join('\n') }]
    }),
  )
  return versions.flat()
}

async function filesOf(path: string, hashes: Map<string, string>): Promise<ModelFiles> {
  const isFile = path.endsWith('.onnx')
  const folder = isFile ? dirname(path) : path
  const entries = await readdir(folder, { withFileTypes: true, recursive: !isFile })
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  return {
    // Beside a file that is served alone there may be others, and what holds its larger tensors.
    paths: isFile ? paths.filter((one) => one === basename(path) || !one.endsWith('.onnx')) : paths,
    async read(file) {
      const content = await readFile(join(folder, file))
      const hash = createHash('sha256').update(content).digest('hex')
      const expected = hashes.get(join(folder, file)) ?? hash
      if (hash !== expected) throw new FabriqueError('blob_corrupt', { hash: expected, found: hash })
      hashes.set(join(folder, file), hash)
      return content
    },
    checkOut: async () => ({ folder, release: async () => {} }),
  }
}

/** What the only ONNX file of a version says of itself. */
async function signatureOf({ paths, read }: ModelFiles) {
  const [only, ...others] = paths.filter((path) => path.endsWith('.onnx'))
  return only === undefined || others.length > 0 ? undefined : fileSignature(await read(only))
}

function noModel(path: string, reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('model_path_invalid', { path, reason, reason_fr })
}
