import { FabriqueError, isFabriqueError, type ModelSignature, type Snapshot } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { findArtifact } from '../artifacts/index.js'
import { getSnapshot, resolveSnapshot } from '../datasets/index.js'
import { championAlias, findVersion, getAlias, getModel, type StoredVersion } from '../registry/index.js'
import { getRun } from '../tracking/index.js'
import { type RunSplit, splitOfRun } from '../training/index.js'
import { wrongField } from './refused.js'

/** A version whose model file and signature are kept here. */
export interface Subject {
  readonly model: string
  readonly version: string
  readonly signature: ModelSignature
  /** Hash of its ONNX file. */
  readonly sha256: string
  /** The snapshot that it was trained on, where it is known. */
  readonly snapshotId: string | undefined
  /** Which rows of it; undefined where no training of ours made it. */
  readonly split: RunSplit | undefined
}

/** Errors: `model_not_found`, `alias_not_found`, `model_version_not_found`, `model_not_explainable`. */
export async function findSubject(ctx: VerbContext, reference: string): Promise<Subject> {
  return describeSubject(ctx, await findReferred(ctx, reference))
}

/** `churn@champion`, `churn/3`, or `churn` for its champion. */
async function findReferred(ctx: VerbContext, reference: string): Promise<StoredVersion> {
  const numbered = /^(.+)\/(\d+)$/s.exec(reference)
  if (numbered !== null) {
    const [, model = '', version = ''] = numbered
    await getModel({ ctx, input: { model } })
    return findVersion({ ctx, input: { model, version } })
  }
  const aliased = /^(.+)@([^@]+)$/s.exec(reference)
  const [, model = reference, alias = championAlias] = aliased ?? []
  await getModel({ ctx, input: { model } })
  const found = await getAlias({ ctx, input: { model, alias } })
  if (found === undefined) throw new FabriqueError('alias_not_found', { model, alias })
  return found
}

/** Throws `model_not_explainable`. */
export async function describeSubject(ctx: VerbContext, found: StoredVersion): Promise<Subject> {
  const { model, signature, artifact_path: folder, run_id, snapshot_id } = found
  const version = String(found.version)
  if (signature === null) throw notExplainable(found, 'it has no signature', 'elle n’a pas de signature')
  const sha256 = folder === null ? undefined : await hashOf(ctx, `${folder}/model.onnx`)
  if (sha256 === undefined) {
    throw notExplainable(found, 'no ONNX file of it is kept here', 'aucun fichier ONNX n’en est conservé ici')
  }
  const split = run_id === null ? undefined : await splitOf(ctx, run_id)
  return { model, version, signature, sha256, snapshotId: snapshot_id ?? undefined, split }
}

function notExplainable({ model, version }: StoredVersion, reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('model_not_explainable', { model, version: String(version), reason, reason_fr })
}

async function hashOf(ctx: VerbContext, path: string): Promise<string | undefined> {
  try {
    return (await findArtifact({ ctx, input: { path } })).sha256
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'artifact_not_found') return undefined
    throw error
  }
}

/** A run may have been purged since. */
async function splitOf(ctx: VerbContext, runId: string): Promise<RunSplit | undefined> {
  try {
    return splitOfRun(await getRun({ ctx, input: { run_id: runId } }))
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'run_not_found') return undefined
    throw error
  }
}

/** The rows that are meant: those of a snapshot, or the rows that a version was tested on. */
export interface RowsMeant {
  readonly snapshot: Snapshot
  readonly testOf?: RunSplit
}

/**
 * The rows that a request means: all of the snapshot that it names, or the test rows of the version. Errors: `snapshot_not_found`,
 * `snapshot_ref_not_found`, `invalid_request`.
 */
export async function findRows(ctx: VerbContext, subject: Subject, asked: string | undefined): Promise<RowsMeant> {
  if (asked !== undefined) return { snapshot: await findSnapshot(ctx, subject, asked) }
  const { snapshotId, split, model, version } = subject
  if (snapshotId === undefined || split === undefined) {
    throw wrongField('snapshot', `name one: which rows version ${version} of ${model} was tested on is not known`)
  }
  return { snapshot: await getSnapshot({ ctx, input: { snapshot: snapshotId } }), testOf: split }
}

/** By id, as `usage@latest` in the project of the model, or as `project/usage@latest`. */
async function findSnapshot(ctx: VerbContext, { snapshotId }: Subject, asked: string): Promise<Snapshot> {
  if (/^snap_[0-9a-z]+$/.test(asked)) return getSnapshot({ ctx, input: { snapshot: asked } })
  const [name = '', ref = 'latest'] = asked.split(/@(.*)/s)
  const [, project, dataset = name] = /^([^/]+)\/(.+)$/s.exec(name) ?? []
  const own = project ?? (await projectOf(ctx, snapshotId))
  if (own === undefined) {
    throw wrongField('snapshot', `name its project, as in PROJECT/${dataset}: that of the model is not known`)
  }
  return resolveSnapshot({ ctx, input: { project: own, dataset, ref: ref === '' ? 'latest' : ref } })
}

async function projectOf(ctx: VerbContext, snapshotId: string | undefined): Promise<string | undefined> {
  if (snapshotId === undefined) return undefined
  try {
    return (await getSnapshot({ ctx, input: { snapshot: snapshotId } })).project
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'snapshot_not_found') return undefined
    throw error
  }
}
