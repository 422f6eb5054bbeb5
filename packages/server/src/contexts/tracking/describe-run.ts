import { type Run as ApiRun, FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { apiRunTexts, type ModelVersionsOf } from './api-run.js'
import { RunId } from './schema.js'

/** A run as our own API shows it, a deleted one too. Throws `run_not_found`. */
export const describeRun = readVerb({
  name: 'tracking.describe_run',
  permission: 'runs.read',
  input: RunId.extend({ modelVersionsOf: z.custom<ModelVersionsOf>((value) => typeof value === 'function') }),
  async run({ ctx, input }): Promise<ApiRun> {
    const [text] = await apiRunTexts(ctx, input.modelVersionsOf, { ids: [input.run_id] })
    if (text === undefined) throw new FabriqueError('run_not_found', { run: input.run_id })
    return fromOwnText(text)
  },
})

/** The run in a text that `apiRunTexts` wrote just now. */
function fromOwnText(text: string): ApiRun {
  return JSON.parse(text) as ApiRun
}
