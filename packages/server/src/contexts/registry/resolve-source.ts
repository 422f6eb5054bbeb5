import { isFabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { parseArtifactPath } from '../artifacts/index.js'
import { artifactFolderOf, getRun } from '../tracking/index.js'
import { findLoggedModel } from './find-logged-model.js'
import { findByAddress } from './latest-versions.js'
import { selectModel } from './model-store.js'
import { isWithin, type ParsedSource, parseSource, sourceError } from './source-checks.js'

/** Where the files of a version are, and what made them. */
export interface ResolvedSource {
  readonly source: string
  /** The address that a client downloads from, where `source` is not one. */
  readonly storage_location: string | null
  readonly artifact_path: string | null
  readonly run_id: string | null
  readonly logged_model_id: string | null
}

export interface AskedSource {
  readonly source: string
  readonly run_id?: string | undefined
  readonly model_id?: string | undefined
}

/**
 * Finds what the source of a new version means. `runs:/` and `models:/` addresses become the address of the files; a run or
 * logged model that is named beside must be the one that has them. Nothing is read from the disk of the server.
 * Throws `model_source_invalid`, `model_not_found`, `model_version_not_found`.
 */
export async function resolveSource(ctx: VerbContext, asked: AskedSource): Promise<ResolvedSource> {
  const parsed = parseSource(asked.source)
  switch (parsed.kind) {
    case 'run':
      return resolveRun(ctx, asked, parsed)
    case 'logged_model':
      return resolveLoggedModel(ctx, asked, parsed)
    case 'registered':
      return resolveRegistered(ctx, asked, parsed)
    case 'kept':
      return resolveKept(ctx, asked)
    case 'local':
      return resolveLocal(ctx, asked, parsed)
    case 'elsewhere':
      return { ...ids(asked), source: asked.source, storage_location: null, artifact_path: null }
  }
}

function ids({ run_id, model_id }: AskedSource) {
  return { run_id: run_id || null, logged_model_id: model_id || null }
}

function wrongOwner(source: string, name: 'run_id' | 'model_id') {
  return sourceError(source, `The ${name} request parameter must identify the resource that contains the source.`)
}

/** The folder of the artifact tree that an address means; null where the files are kept elsewhere. */
function folderOf(source: string, uri: string): string | null {
  const folder = artifactFolderOf(uri)
  if (folder === undefined) return null
  try {
    return parseArtifactPath(folder)
  } catch (error) {
    if (isFabriqueError(error)) throw sourceError(source, 'It is not the address of a folder.')
    throw error
  }
}

async function artifactUriOfRun(ctx: VerbContext, runId: string, source: string): Promise<string> {
  try {
    return (await getRun({ ctx, input: { run_id: runId } })).info.artifact_uri
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'run_not_found') throw wrongOwner(source, 'run_id')
    throw error
  }
}

async function loggedModel(ctx: VerbContext, modelId: string, source: string) {
  const found = await findLoggedModel(ctx, modelId)
  if (found === undefined) throw wrongOwner(source, 'model_id')
  return found
}

const joined = (uri: string, path: string) => (path === '' ? uri : `${uri.replace(/\/+$/, '')}/${path}`)

async function resolveRun(
  ctx: VerbContext,
  asked: AskedSource,
  { runId, path }: Extract<ParsedSource, { kind: 'run' }>,
): Promise<ResolvedSource> {
  const { source } = asked
  if (asked.model_id) throw wrongOwner(source, 'model_id')
  if (asked.run_id && asked.run_id !== runId) throw wrongOwner(source, 'run_id')
  const location = joined(await artifactUriOfRun(ctx, runId, source), path)
  const folder = folderOf(source, location)
  return { source, storage_location: location, artifact_path: folder, run_id: runId, logged_model_id: null }
}

async function resolveLoggedModel(
  ctx: VerbContext,
  asked: AskedSource,
  { modelId, path }: Extract<ParsedSource, { kind: 'logged_model' }>,
): Promise<ResolvedSource> {
  const { source } = asked
  if (asked.model_id && asked.model_id !== modelId) throw wrongOwner(source, 'model_id')
  const model = await loggedModel(ctx, modelId, source)
  const location = joined(model.artifact_uri, path)
  return {
    source,
    storage_location: location,
    artifact_path: folderOf(source, location),
    run_id: asked.run_id || model.source_run_id || null,
    logged_model_id: modelId,
  }
}

async function resolveRegistered(
  ctx: VerbContext,
  asked: AskedSource,
  address: Extract<ParsedSource, { kind: 'registered' }>,
): Promise<ResolvedSource> {
  const { source } = asked
  const model = await selectModel(ctx, address.name)
  if (model.is_prompt) throw sourceError(source, 'Prompt versions cannot be used as model version sources.')
  const version = await findByAddress(ctx, address)
  const differs = (given: string | undefined, known: string | null) => given !== undefined && given !== (known ?? '')
  if (differs(asked.run_id, version.run_id) || differs(asked.model_id, version.logged_model_id)) {
    throw sourceError(source, 'The run_id and model_id request parameters must match the referenced model version.')
  }
  return {
    source: `models:/${version.model}/${version.version}`,
    storage_location: version.storage_location ?? version.source,
    artifact_path: version.artifact_path,
    run_id: version.run_id,
    logged_model_id: version.logged_model_id,
  }
}

async function resolveKept(ctx: VerbContext, asked: AskedSource): Promise<ResolvedSource> {
  const { source, run_id, model_id } = asked
  const folder = folderOf(source, source)
  const owner = model_id ? (await loggedModel(ctx, model_id, source)).artifact_uri : undefined
  const root = owner ?? (run_id ? await artifactUriOfRun(ctx, run_id, source) : undefined)
  const rootFolder = root === undefined ? undefined : artifactFolderOf(root)
  const isInside = rootFolder !== undefined && (folder === rootFolder || folder?.startsWith(`${rootFolder}/`) === true)
  if (root !== undefined && !isInside) throw wrongOwner(source, model_id ? 'model_id' : 'run_id')
  const sourceRun = model_id ? (await loggedModel(ctx, model_id, source)).source_run_id : ''
  const known = ids(asked)
  return {
    ...known,
    run_id: known.run_id ?? (sourceRun || null),
    source,
    storage_location: null,
    artifact_path: folder,
  }
}

async function resolveLocal(
  ctx: VerbContext,
  asked: AskedSource,
  { path }: Extract<ParsedSource, { kind: 'local' }>,
): Promise<ResolvedSource> {
  const { source, run_id, model_id } = asked
  const owner = model_id ? 'model_id' : 'run_id'
  const root = model_id
    ? (await loggedModel(ctx, model_id, source)).artifact_uri
    : run_id
      ? await artifactUriOfRun(ctx, run_id, source)
      : ''
  // An address of another form is no folder of this machine.
  const isLocalRoot = /^(file:|\/|[a-z]:[\\/])/i.test(root)
  if (!isLocalRoot || !isWithin(path, root)) {
    throw sourceError(
      source,
      `To use a local path as a model version source, the ${owner} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the ${owner}.`,
    )
  }
  return { ...ids(asked), source, storage_location: null, artifact_path: null }
}
