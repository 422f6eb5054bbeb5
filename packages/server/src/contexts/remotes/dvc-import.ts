import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { type DvcImportResult, FabriqueError, type Job, type JobProgress, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { addCollection, type CollectionEntry, findProject, forEachAtOnce } from '../datasets/index.js'
import { startJob } from '../jobs/index.js'
import { readDvcConfig } from './dvc-config.js'
import { type DvcContents, openDvcContents } from './dvc-contents.js'
import type { DvcOutput } from './dvc-model.js'
import { freeName, nameOfPath } from './dvc-names.js'
import { findOutputs } from './dvc-outputs.js'
import {
  insertImported,
  insertMd5s,
  insertOutput,
  selectImported,
  selectOutputs,
  selectTakenNames,
} from './dvc-store.js'

export const DvcImportInput = z.object({
  project: Slug,
  folder: z.string(),
  remote: z.string().optional(),
  targets: z.array(z.string()).default([]),
})

/** Asks for the job that `importDvc` does. Throws `dvc_folder_invalid`. */
export const requestDvcImport = taskVerb({
  name: 'remotes.request_dvc_import',
  permission: 'datasets.write',
  input: DvcImportInput.extend({
    reason: z.string().max(500).default(''),
    language: z.enum(['en', 'fr']).default('en'),
  }),
  async run({ ctx, input: { reason, language, remote, ...input } }): Promise<Job> {
    checkAbsolute(input.folder)
    const asked = { ...input, ...(remote === undefined ? {} : { remote }) }
    const subject = `projects/${input.project}/dvc/${input.folder}`
    return startJob({
      ctx,
      input: { kind: 'data.dvc_import', project: input.project, subject, input: asked, reason, language },
    })
  },
})

/** Throws `dvc_folder_invalid`. */
export function checkAbsolute(folder: string): void {
  if (!isAbsolute(folder)) throw new FabriqueError('dvc_folder_invalid', { folder, reason: 'it is not absolute' })
}

type Report = (progress: JobProgress) => void

/** An output whose files were all found, ready to become a snapshot. */
interface Checked {
  readonly output: DvcOutput
  readonly entries: readonly CollectionEntry[]
}

/**
 * Adopts what a DVC repository tracks now: each output becomes a snapshot of files of a data set of its own, whose name follows from its
 * path and stays. Every file of every output is found and its hash checked before the first snapshot is made; an output that was
 * adopted in this state before is left alone. Nothing in the repository is changed. Errors: `dvc_repository_not_found`,
 * `dvc_file_invalid`, `dvc_target_not_found`, `dvc_remote_invalid`, `dvc_content_missing`, `dvc_content_corrupt`, those of S3 and of
 * `addCollection`.
 */
export const importDvc = taskVerb({
  name: 'remotes.import_dvc',
  permission: 'datasets.write',
  input: DvcImportInput.extend({ report: z.custom<Report>().optional() }),
  async run({ ctx, input }): Promise<DvcImportResult> {
    const { project, report } = input
    const root = await openRepository(input.folder)
    report?.({ stage: 'list' })
    const config = await readDvcConfig(root)
    // A remote that is asked for by name must be there, needed or not.
    if (input.remote !== undefined) config.remote(input.remote)
    const outputs = await findOutputs(root, input.targets)
    const names = await namesOf(ctx, { project, root, outputs })
    const result = { datasets: [] as DvcImportResult['datasets'], skipped: [] as DvcImportResult['skipped'] }
    const contents = openDvcContents(ctx, { root, config, remote: input.remote })
    try {
      const todo: Checked[] = []
      for (const output of outputs) {
        const dataset = names.get(output.path) ?? ''
        const snapshot = await selectImported(ctx, { project, dataset, hash: hashKey(output) })
        if (snapshot !== undefined) {
          result.datasets.push({ path: output.path, dataset, snapshot_id: snapshot, state: 'unchanged' })
          continue
        }
        const entries = await checkContents(ctx, contents, output, report)
        if (entries.length > 0) todo.push({ output, entries })
        else result.skipped.push({ path: output.path, reason: 'empty_folder' })
      }
      for (const { output, entries } of todo) {
        const dataset = names.get(output.path) ?? ''
        const kept = await insertOutput(ctx, {
          project,
          repository: root,
          path: output.path,
          dataset,
          is_file: !output.isFolder,
        })
        if (!kept) throw new FabriqueError('database_conflict', {})
        const { snapshot, created } = await addCollection(ctx, {
          project,
          dataset,
          form: 'files',
          source: { kind: 'dvc', location: join(root, output.path) },
          entries,
          report,
        })
        await insertImported(ctx, { project, dataset, hash: hashKey(output), snapshot: snapshot.id })
        const state = created ? 'created' : 'unchanged'
        result.datasets.push({ path: output.path, dataset, snapshot_id: snapshot.id, state })
      }
    } finally {
      await contents.close()
    }
    result.datasets.sort((left, right) => (left.path < right.path ? -1 : 1))
    return result
  },
})

async function openRepository(folder: string): Promise<string> {
  checkAbsolute(folder)
  try {
    const root = await realpath(folder)
    if ((await stat(join(root, '.dvc'))).isDirectory()) return root
  } catch (error) {
    throw new FabriqueError('dvc_repository_not_found', { folder }, { cause: error })
  }
  throw new FabriqueError('dvc_repository_not_found', { folder })
}

/** The same content under the two rules may differ. */
const hashKey = ({ rule, md5, isFolder, isExecutable }: DvcOutput) =>
  `${rule}:${md5}${isFolder ? '.dir' : ''}${isExecutable ? ':x' : ''}`

/** Finds and checks every file of an output. */
async function checkContents(
  ctx: VerbContext,
  contents: DvcContents,
  output: DvcOutput,
  report: Report | undefined,
): Promise<readonly CollectionEntry[]> {
  const entries = await contents.entriesOf(output)
  const found: CollectionEntry[] = new Array(entries.length)
  const md5s = new Map<string, string>()
  let done = 0
  const places = entries.map((entry, at) => ({ entry, at }))
  await forEachAtOnce(places, limit('files.lookups_at_once'), async ({ entry, at }) => {
    ctx.signal?.throwIfAborted()
    const { file, bytes, sha256, md5 } = await contents.find(output, entry)
    md5s.set(sha256, md5)
    // The files of a cache have lost the mode that they had.
    found[at] = { path: entry.relpath, file, bytes, executable: output.isExecutable }
    done += 1
    report?.({ stage: 'check', current: output.path, files_done: done, files_total: entries.length })
  })
  if (md5s.size > 0) await insertMd5s(ctx, md5s)
  return found
}

/** The data set of each output: the one it has, or a new name that nothing else has. */
async function namesOf(
  ctx: VerbContext,
  {
    project,
    root,
    outputs,
  }: { readonly project: string; readonly root: string; readonly outputs: readonly DvcOutput[] },
): Promise<ReadonlyMap<string, string>> {
  const declared = (await findProject(ctx, project))?.definition.datasets ?? []
  const known = await selectOutputs(ctx, project, root)
  const names = new Map(known.map(({ path, dataset }) => [path, dataset]))
  const taken = new Set([...(await selectTakenNames(ctx, project)), ...declared.map(({ name }) => name)])
  for (const { path, isFolder } of outputs) {
    if (names.has(path)) continue
    const name = freeName(nameOfPath(path, isFolder), (candidate) => taken.has(candidate))
    taken.add(name)
    names.set(path, name)
  }
  return names
}
