import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import type { Run } from './model.js'
import { selectRuns } from './run-store.js'

/** Runs with all that belongs to them, in the order of the ids; those that do not exist are left out. */
export const getRuns = readVerb({
  name: 'tracking.get_runs',
  permission: 'runs.read',
  input: z.object({ run_ids: z.array(z.string()).max(limit('list.page_max')) }),
  run: ({ ctx, input }): Promise<readonly Run[]> => selectRuns(ctx, input.run_ids),
})
