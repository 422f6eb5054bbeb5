import { CollectRequest, type Json, SnapshotSelection } from '@fabrique/contract'
import { z } from 'zod'
import { parseInput } from '../../platform/index.js'
import { checkoutFiles } from '../datasets/index.js'
import type { JobHandler } from '../jobs/index.js'
import { collectSnapshots } from './collect-snapshots.js'
import { Granted, withGrants } from './grants.js'
import { pullSnapshots } from './pull-snapshots.js'
import { pushSnapshots } from './push-snapshots.js'

const Transfer = SnapshotSelection.extend({ remote: z.string() })
const Checkout = z.object({
  snapshot: z.string(),
  folder: z.string(),
  remove_others: z.boolean(),
  force: z.boolean(),
})

/** A result as JSON: what is absent is left out. */
const asJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json

/** What a worker does for each kind of job about sharing. */
export function remoteJobHandlers(): Readonly<Record<string, JobHandler>> {
  return {
    'data.push': async ({ ctx, input, report }) => {
      const asker = withGrants(ctx, Granted.parse(input))
      return asJson(await pushSnapshots({ ctx: asker, input: { ...parseInput(Transfer, input), report } }))
    },
    'data.pull': async ({ ctx, input, report }) =>
      asJson(await pullSnapshots({ ctx, input: { ...parseInput(Transfer, input), report } })),
    'data.checkout': async ({ ctx, input, report }) =>
      asJson(await checkoutFiles({ ctx, input: { ...parseInput(Checkout, input), report } })),
    'data.gc': async ({ ctx, input, report }) => {
      const asker = withGrants(ctx, Granted.parse(input))
      return asJson(await collectSnapshots({ ctx: asker, input: { ...parseInput(CollectRequest, input), report } }))
    },
  }
}
