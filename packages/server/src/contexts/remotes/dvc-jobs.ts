import type { JobHandler } from '../jobs/index.js'
import { DvcExportInput, exportDvc } from './dvc-export.js'
import { DvcImportInput, importDvc } from './dvc-import.js'
import { Granted, withGrants } from './grants.js'

/** What a worker does for DVC. */
export const dvcJobHandlers: Readonly<Record<string, JobHandler>> = {
  'data.dvc_import': ({ ctx, input, report }) => importDvc({ ctx, input: { ...DvcImportInput.parse(input), report } }),
  'data.dvc_export': ({ ctx, input, report }) =>
    exportDvc({
      ctx: withGrants(ctx, Granted.parse(input)),
      input: { ...DvcExportInput.parse(input), report },
    }),
}
