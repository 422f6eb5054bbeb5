import { DatasetDefinition, FabriqueError, Json, type Project, Sha256 } from '@fabrique/contract'
import { z } from 'zod'
import { formatOfName, type VerbContext } from '../../platform/index.js'
import { datasetOf } from '../projects/index.js'
import type { SourceItem, SourceListing } from './sources/source-driver.js'

/** What an ingest reads in place of the source that its data set declares. */
export const GivenSource = z.discriminatedUnion('kind', [
  z.object({
    /** A file that someone sent, in the blob store; while its job is open, the view `blob_references` keeps it there. */
    kind: z.literal('upload'),
    file_name: z.string().min(1),
    sha256: Sha256,
    bytes: z.number().int(),
  }),
  z.object({
    /** Rows in place of those that a synthetic source declares. */
    kind: z.literal('synthetic'),
    rows: z.number().int(),
    seed: z.number().int(),
    params: z.record(z.string(), Json),
  }),
])
export type GivenSource = z.output<typeof GivenSource>

type Upload = Extract<GivenSource, { kind: 'upload' }>

/**
 * The definition that an ingest follows. A file is sent for a data set that no project declares: its columns are all inferred, and a row
 * that cannot be read refuses it. Throws `dataset_declared`, `dataset_not_found`, `dataset_not_synthetic`, `file_format_unknown`.
 */
export function definitionFor(project: Project, dataset: string, given: GivenSource | undefined): DatasetDefinition {
  switch (given?.kind) {
    case undefined:
      return datasetOf(project, dataset)
    case 'synthetic':
      return syntheticOf(project, dataset)
    case 'upload': {
      refuseDeclared(project, dataset)
      const { format } = formatOfName(given.file_name)
      return DatasetDefinition.parse({ name: dataset, source: { kind: format, paths: [given.file_name] } })
    }
  }
}

/** A data set with a synthetic source. Throws `dataset_not_found`, `dataset_not_synthetic`. */
export function syntheticOf(project: Project, dataset: string) {
  const definition = datasetOf(project, dataset)
  const { source } = definition
  if (source.kind === 'synthetic') return { ...definition, source }
  throw new FabriqueError('dataset_not_synthetic', { dataset, project: project.name, kind: source.kind })
}

/** Throws `dataset_declared`. */
export function refuseDeclared(project: Project, dataset: string): void {
  if (project.definition.datasets.every(({ name }) => name !== dataset)) return
  throw new FabriqueError('dataset_declared', { dataset, project: project.name })
}

/** What was sent, as the only thing of a source. */
export function listUpload(ctx: VerbContext, { file_name, sha256, bytes }: Upload): SourceListing {
  const { format } = formatOfName(file_name)
  const item: SourceItem = {
    name: file_name,
    mark: sha256,
    bytes,
    format: format === 'csv' ? { format, dialect: { header: true } } : { format },
    open: async () => ({ sha256, bytes, ...(await ctx.blobs.localFile(sha256)) }),
  }
  return { mode: 'whole', items: [item] }
}
