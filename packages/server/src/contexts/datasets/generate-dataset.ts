import { FabriqueError, GenerateRequest, type Job, type Language } from '@fabrique/contract'
import { z } from 'zod'
import { taskVerb } from '../../platform/index.js'
import { getProject } from '../projects/index.js'
import { generatedSource } from './generated-params.js'
import { syntheticOf } from './given-source.js'
import { syntheticGenerator } from './sources/synthetic-generators.js'
import type { SyntheticSource } from './sources/synthetic-params.js'
import { startGivenIngest } from './start-given-ingest.js'

/** What is being made, and the job that makes it. */
export interface Generating {
  readonly job: Job
  readonly source: SyntheticSource
}

/**
 * Makes rows of a synthetic data set in place of those that it declares, as a job; what is left out is as declared. Later ingests make the
 * same again. Errors: `project_not_found`, `dataset_not_found`, `dataset_not_synthetic`, `invalid_request`, `job_open_already`.
 */
export const generateDataset = taskVerb({
  name: 'datasets.generate_dataset',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    request: GenerateRequest,
    /** Columns that the rows must have, since a model reads them. */
    columns: z.array(z.string()).default([]),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input }): Promise<Generating> {
    const { project, dataset, request, language } = input
    const { source: declared } = syntheticOf(await getProject({ ctx, input: { project } }), dataset)
    const source = generatedSource(declared, request)
    const made = new Set(syntheticGenerator(source).columns.map(({ name }) => name))
    const missing = input.columns.find((name) => !made.has(name))
    if (missing !== undefined) {
      const reason = `the model reads column ${missing}, which such rows do not have`
      throw new FabriqueError('invalid_request', { field: 'features', reason }, { field: 'features' })
    }
    const { rows, seed, params } = source
    const given = { kind: 'synthetic', rows, seed, params } as const
    return { job: await startGivenIngest({ ctx, input: { project, dataset, given, language } }), source }
  },
})
