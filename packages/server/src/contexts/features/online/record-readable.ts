import { z } from 'zod'
import { changeVerb } from '../../../platform/index.js'
import { makeReadable } from './version-store.js'

/** Writes that a version of a view can be read by what was pushed to it. */
export const recordReadable = changeVerb({
  name: 'features.record_readable',
  permission: 'features.write',
  input: z.object({ project: z.string(), view: z.string(), version: z.number(), online: z.number() }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { project, view, version, online } = input
    if (!(await makeReadable(ctx, online))) return unchanged()
    await record({
      subject: `feature_views/${project}/${view}`,
      event: 'feature_view.materialized',
      payload: { project, view, version, state: 'pushed' },
    })
  },
})
