import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DvcExportResult, FabriqueError, type Job, type JobProgress, type Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import {
  type CollectionFile,
  checkoutFiles,
  forEachAtOnce,
  openContent,
  readCollection,
  resolveSnapshot,
} from '../datasets/index.js'
import { startJob } from '../jobs/index.js'
import { readDvcConfig } from './dvc-config.js'
import { folderObject, hashFile } from './dvc-hash.js'
import { checkAbsolute } from './dvc-import.js'
import type { DvcEntry, DvcOutput } from './dvc-model.js'
import { findOutputs } from './dvc-outputs.js'
import { insertMd5s, selectMd5s, selectOutputOf, selectTakenNames } from './dvc-store.js'
import { addIgnored, copyObject, dvcFileText, isThere, objectPath, writeObject, writeWhole } from './dvc-write.js'
import { grantsOf } from './grants.js'

export const DvcExportInput = z.object({
  project: z.string(),
  folder: z.string(),
  datasets: z.array(z.string()).default([]),
  refs: z.array(z.string()).default([]),
  checkout: z.boolean().default(false),
})

/**
 * Asks for the job that `exportDvc` does. Throws `dvc_folder_invalid`, and for an actor that is limited to some models what `exportDvc` would
 * refuse: `model_not_granted`, `snapshot_ref_not_found`.
 */
export const requestDvcExport = taskVerb({
  name: 'remotes.request_dvc_export',
  permission: 'datasets.write',
  input: DvcExportInput.extend({ language: z.enum(['en', 'fr']).default('en') }),
  async run({ ctx, input: { language, ...input } }): Promise<Job> {
    checkAbsolute(input.folder)
    const subject = `projects/${input.project}/dvc/${input.folder}`
    if (ctx.actor.models !== undefined) await chosenSnapshots(ctx, input)
    const asked = { ...input, ...grantsOf(ctx.actor) }
    return startJob({
      ctx,
      input: { kind: 'data.dvc_export', project: input.project, subject, input: asked, language },
    })
  },
})

type Report = (progress: JobProgress) => void

/** A snapshot and the place that it gets in the folder. */
interface Place {
  readonly snapshot: Snapshot
  /** With `/`. */
  readonly path: string
  /** The one file of an output that is no folder. */
  readonly single: CollectionFile | undefined
  readonly files: readonly CollectionFile[]
}

/**
 * Writes snapshots as a DVC repository has them: their contents in the cache under their MD5, a `.dvc` file for each, entries for git to
 * ignore, and a configuration where there is none. A data set that came from an output of DVC gets its path again; another one is a
 * folder of its name, or a Parquet file. Objects are written before the files that name them, and what is there stays, so an export
 * that was killed is repeated. Errors: `dvc_folder_invalid`, `dvc_path_taken`, `snapshot_ref_not_found`, those of `checkoutFiles`.
 */
export const exportDvc = taskVerb({
  name: 'remotes.export_dvc',
  permission: 'datasets.write',
  input: DvcExportInput.extend({ report: z.custom<Report>().optional() }),
  async run({ ctx, input }): Promise<DvcExportResult> {
    const { report, project } = input
    const snapshots = await chosenSnapshots(ctx, input)
    const root = await prepareFolder(input.folder)
    const places: Place[] = []
    for (const snapshot of snapshots) places.push(await placeOf(ctx, project, snapshot))
    const own = await checkFree(root, places)
    await writeConfig(ctx, root)
    const { cacheFolder } = await readDvcConfig(root)
    const result: DvcExportResult = { folder: root, datasets: [], objects: 0, is_checked_out: input.checkout }
    for (const place of places) {
      const written = await writePlace(ctx, { root, cacheFolder, place, report })
      result.objects += written.objects
      if (input.checkout) await checkOut(ctx, { root, cacheFolder, place, md5s: written.md5s })
      const target = join(root, place.path)
      await addIgnored(ctx, join(dirname(target), '.gitignore'), [nameOf(place.path)])
      const before = own.get(place.path)
      const isFolder = place.single === undefined
      const isExecutable = place.single?.executable ?? false
      const hash = written.md5.replace('.dir', '')
      // A file that says the same already may say more, as who made it.
      const isSame = before?.rule === 'md5' && before.md5 === hash && before.isExecutable === isExecutable
      if (!isSame) {
        const files = isFolder ? place.files.length : undefined
        const text = dvcFileText({ ...written, name: nameOf(place.path), files, isExecutable })
        await writeWhole(ctx, `${target}.dvc`, text)
      }
      result.datasets.push({
        dataset: place.snapshot.dataset,
        snapshot_id: place.snapshot.id,
        path: place.path,
        md5: written.md5,
        files: place.files.length,
        bytes: written.bytes,
      })
    }
    return result
  },
})

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** All data sets with snapshots where none is named; the newest snapshot where no ref is given. */
async function chosenSnapshots(ctx: VerbContext, input: z.output<typeof DvcExportInput>): Promise<readonly Snapshot[]> {
  const { project, refs } = input
  const datasets = input.datasets.length > 0 ? input.datasets : [...(await selectTakenNames(ctx, project))].sort()
  if (refs.length > 1 && refs.length !== datasets.length) {
    throw new FabriqueError(
      'invalid_request',
      { field: 'refs', reason: 'give one for all data sets, or one for each' },
      { field: 'refs' },
    )
  }
  const snapshots: Snapshot[] = []
  for (const [at, dataset] of datasets.entries()) {
    const ref = (refs.length > 1 ? refs[at] : refs[0]) ?? 'latest'
    snapshots.push(await resolveSnapshot({ ctx, input: { project, dataset, ref } }))
  }
  return snapshots
}

async function prepareFolder(folder: string): Promise<string> {
  checkAbsolute(folder)
  try {
    await mkdir(folder, { recursive: true })
    return await realpath(folder)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new FabriqueError('dvc_folder_invalid', { folder, reason }, { cause: error })
  }
}

async function placeOf(ctx: VerbContext, project: string, snapshot: Snapshot): Promise<Place> {
  const { dataset } = snapshot
  if (snapshot.kind === 'table') {
    const parts = snapshot.parts.map(({ sha256, bytes }, at) => ({
      path: `part-${String(at).padStart(5, '0')}.parquet`,
      sha256,
      bytes,
      executable: false,
    }))
    if (parts.length !== 1) return { snapshot, path: dataset, single: undefined, files: parts }
    return { snapshot, path: `${dataset}.parquet`, single: parts[0], files: parts }
  }
  const files = await readCollection(ctx, snapshot)
  const known = await selectOutputOf(ctx, project, dataset)
  // A file that became several since is a folder of them.
  const single = known?.is_file === true && files.length === 1 ? files[0] : undefined
  const path = known === undefined || (known.is_file && single === undefined) ? dataset : known.path
  return { snapshot, path, single, files }
}

/**
 * Nothing of another owner is written over: outputs of stages, of other `.dvc` files, and what lies inside of one another. Gives the
 * outputs that are there already under their own `.dvc` files.
 */
async function checkFree(root: string, places: readonly Place[]): Promise<ReadonlyMap<string, DvcOutput>> {
  const outputs = await findOutputs(root, [])
  const refuse = (path: string, by: string, other: string) => {
    throw new FabriqueError('dvc_path_taken', { path, folder: root, reason: `${by} tracks ${other}` })
  }
  const isOver = (path: string, other: string) =>
    path === other || path.startsWith(`${other}/`) || other.startsWith(`${path}/`)
  const own = new Map<string, DvcOutput>()
  for (const [at, { path }] of places.entries()) {
    for (const output of outputs) {
      const isOwnFile = output.declaredIn === `${path}.dvc`
      if (isOwnFile && output.path === path) own.set(path, output)
      else if (isOwnFile || isOver(path, output.path)) refuse(path, output.declaredIn, output.path)
    }
    const other = places.slice(0, at).find((place) => isOver(path, place.path))
    if (other !== undefined) refuse(path, `data set ${other.snapshot.dataset}`, other.path)
  }
  return own
}

/** What `dvc init` makes, as far as DVC needs it. Outside of git, DVC has to be told so. */
async function writeConfig(ctx: VerbContext, root: string): Promise<void> {
  const folder = join(root, '.dvc')
  if (await isThere(join(folder, 'config'))) return
  await mkdir(folder, { recursive: true })
  await writeWhole(ctx, join(folder, '.gitignore'), '/config.local\n/tmp\n/cache\n')
  await writeWhole(ctx, join(folder, 'config'), (await isUnderGit(root)) ? '' : '[core]\n    no_scm = True\n')
}

async function isUnderGit(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (await isThere(join(at, '.git'))) return true
    if (dirname(at) === at) return false
  }
}

interface Writing {
  readonly root: string
  readonly cacheFolder: string
  readonly place: Place
  readonly report: Report | undefined
}

/** Contents of which the MD5 is asked for at once. */
const batchSize = 5_000

interface Written {
  readonly md5: string
  readonly bytes: number
  readonly objects: number
  /** By SHA-256. */
  readonly md5s: ReadonlyMap<string, string>
}

/** Writes the contents of a snapshot, and the list of its files where it is a folder. */
async function writePlace(ctx: VerbContext, { cacheFolder, place, report }: Writing): Promise<Written> {
  const contents = [...new Map(place.files.map((file) => [file.sha256, file])).values()]
  const md5s = new Map<string, string>()
  let done = 0
  let objects = 0
  for (let from = 0; from < contents.length; from += batchSize) {
    const batch = contents.slice(from, from + batchSize)
    const known = await selectMd5s(
      ctx,
      batch.map(({ sha256 }) => sha256),
    )
    const computed = new Map<string, string>()
    await forEachAtOnce(batch, limit('files.lookups_at_once'), async (file) => {
      ctx.signal?.throwIfAborted()
      const md5 = known.get(file.sha256)
      if (md5 !== undefined && (await hasObject(objectPath(cacheFolder, md5), file.bytes))) md5s.set(file.sha256, md5)
      else {
        const written = await writeObject(ctx, cacheFolder, await openContent(ctx, place.snapshot, file))
        md5s.set(file.sha256, written)
        computed.set(file.sha256, written)
        objects += 1
      }
      done += 1
      report?.({ stage: 'write', current: place.path, files_done: done, files_total: contents.length })
    })
    if (computed.size > 0) await insertMd5s(ctx, computed)
  }
  const bytes = place.files.reduce((sum, file) => sum + file.bytes, 0)
  if (place.single !== undefined) return { md5: md5s.get(place.single.sha256) ?? '', bytes, objects, md5s }
  const entries = place.files.map(({ path, sha256 }): DvcEntry => ({ relpath: path, md5: md5s.get(sha256) ?? '' }))
  const list = folderObject(entries)
  await writeObject(ctx, cacheFolder, list.text)
  return { md5: `${list.md5}.dir`, bytes, objects, md5s }
}

async function hasObject(path: string, bytes: number): Promise<boolean> {
  return stat(path).then(
    (found) => found.size === bytes,
    () => false,
  )
}

/** Writes the data beside its `.dvc` file. Throws `dvc_path_taken`, `checkout_would_lose`. */
async function checkOut(
  ctx: VerbContext,
  { root, cacheFolder, place, md5s }: Omit<Writing, 'report'> & Pick<Written, 'md5s'>,
): Promise<void> {
  const target = join(root, place.path)
  if (place.single === undefined && place.snapshot.kind === 'files') {
    const snapshot = place.snapshot.id
    await checkoutFiles({ ctx, input: { snapshot, folder: target, remove_others: true } })
    return
  }
  for (const file of place.files) {
    const path = place.single === undefined ? join(target, file.path) : target
    const md5 = md5s.get(file.sha256) ?? ''
    const before = await hashFile(path, 'md5', ctx.signal).catch(() => undefined)
    if (before?.md5 === md5) continue
    if (before !== undefined || (await isThere(path))) {
      throw new FabriqueError('dvc_path_taken', { path: place.path, folder: root, reason: 'there is other data' })
    }
    await copyObject(ctx, objectPath(cacheFolder, md5), path, file.executable)
  }
}
