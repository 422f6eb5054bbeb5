import { type DatasetDefinition, type Expectation, FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { listSnapshots } from '../datasets/index.js'
import { datasetOf, getProject } from '../projects/index.js'

/** Name of the suite that a project declares. */
export const declaredSuite = 'declared'
/** Name that stands with the results of expectations that were sent to be checked once. */
export const sentSuite = 'sent'

export interface DatasetPlace {
  readonly project: string
  readonly dataset: string
}

/** What a project declares of a data set; undefined for one that was added, imported or pulled. Throws `dataset_not_found`. */
export async function findDeclared(ctx: VerbContext, place: DatasetPlace): Promise<DatasetDefinition | undefined> {
  try {
    return datasetOf(await getProject({ ctx, input: { project: place.project } }), place.dataset)
  } catch (error) {
    if (!isFabriqueError(error) || !['project_not_found', 'dataset_not_found'].includes(error.code)) throw error
    const { items } = await listSnapshots({ ctx, input: { ...place, limit: 1 } })
    if (items.length === 0) throw new FabriqueError('dataset_not_found', { ...place }, { cause: error })
    return undefined
  }
}

/** The expectations that a project declares for a data set; none where it is not declared. */
export async function declaredExpectations(ctx: VerbContext, place: DatasetPlace): Promise<readonly Expectation[]> {
  const declared = await findDeclared(ctx, place)
  // Projects that were applied before severities were known declare none: everything blocked then.
  return (declared?.expectations ?? []).map((expectation) => ({
    ...expectation,
    severity: expectation.severity ?? 'critical',
  }))
}
