import { isFabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { getLoggedModel } from '../tracking/index.js'

/** Where the files of a logged model are, and the run that made it (empty when unknown); undefined where there is none. */
export async function findLoggedModel(
  ctx: VerbContext,
  modelId: string,
): Promise<{ readonly artifact_uri: string; readonly source_run_id: string } | undefined> {
  try {
    return await getLoggedModel({ ctx, input: { model_id: modelId } })
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'logged_model_not_found') return undefined
    throw error
  }
}
