import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { listArtifacts, openArtifact } from '../artifacts/index.js'
import { findServableVersion, listServableVersions } from '../registry/index.js'
import { checkOutFiles } from './checked-out-files.js'
import type { ModelFiles, ModelSource, SourceModel, SourceVersion } from './model-source.js'

/** The models of the registry whose files are kept here. */
export function registrySource(ctx: VerbContext): ModelSource {
  return {
    async list() {
      const models = new Map<string, SourceVersion[]>()
      for (const { model, version, aliases, identity } of await listServableVersions({ ctx, input: {} })) {
        const versions = models.get(model) ?? []
        versions.push({ version, aliases, identity })
        models.set(model, versions)
      }
      return [...models].map(([model, versions]): SourceModel => ({ model, versions }))
    },
    find: (model, version) => findServableVersion({ ctx, input: { model, version } }),
    async open(model, version) {
      const found = await findServableVersion({ ctx, input: { model, version } })
      if (found === undefined) {
        const told = { reason: `it has no version ${version}`, reason_fr: `il n’a pas de version ${version}` }
        throw new FabriqueError('model_not_served', { model, ...told })
      }
      return { model, version, signature: found.signature, files: await artifactFiles(ctx, found.artifact_path) }
    },
  }
}

/** Copies the files of a version to this disk, for programs that need a folder. Throws `blob_corrupt`. */
export async function checkOutVersion(ctx: VerbContext, artifactPath: string) {
  return (await artifactFiles(ctx, artifactPath)).checkOut()
}

/** The files below a folder of the artifact tree, read through their hashes: other content than the tree names is refused. */
async function artifactFiles(ctx: VerbContext, folder: string): Promise<ModelFiles> {
  const entries = await listArtifacts({ ctx, input: { path: folder, recursive: true } })
  const paths = entries.filter(({ is_folder }) => !is_folder).map(({ path }) => path)
  const open = (path: string) => openArtifact({ ctx, input: { path: `${folder}/${path}` } })
  return {
    paths,
    async read(path) {
      const artifact = await open(path)
      const content = await buffer(artifact.content)
      const found = createHash('sha256').update(content).digest('hex')
      if (found !== artifact.sha256) throw new FabriqueError('blob_corrupt', { hash: artifact.sha256, found })
      return content
    },
    checkOut: () => checkOutFiles(paths.map((path) => ({ path, open: () => open(path) }))),
  }
}
