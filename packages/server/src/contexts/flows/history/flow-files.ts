import { FlowFileName, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../../platform/index.js'
import { expectRun } from './list-steps.js'

/** Where the files of a run stand in the artifact tree. */
export const flowFilesFolder = (run: string) => `flows/${run}/artifacts`

/** The path of a file that a step left, by the key of what it left. Errors: `flow_run_not_found`, `invalid_request`. */
export const findFlowFile = readVerb({
  name: 'flows.find_flow_file',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string(), key: Slug, file: FlowFileName }),
  async run({ ctx, input }): Promise<string> {
    const { flow_run, key, file } = input
    await expectRun(ctx.db, flow_run)
    return `${flowFilesFolder(flow_run)}/${key}/${file}`
  },
})
