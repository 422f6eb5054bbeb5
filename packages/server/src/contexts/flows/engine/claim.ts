import { FabriqueError } from '@fabrique/contract'
import type { Db } from '../../../platform/index.js'
import { query } from './statements.js'

/** What a worker shows with each write: whose claim of the run it is. */
export interface Claim {
  readonly run: string
  readonly worker: string
  readonly epoch: number
}

export const takenOver = (run: string) => new FabriqueError('flow_run_taken_over', { flow_run: run })

/** Holds the claim to the end of the transaction; throws `flow_run_taken_over` where it is lost. */
export async function holdClaim(tx: Db, { run, worker, epoch }: Claim): Promise<void> {
  const held = await query(tx, 'select 1 from flow_runs where id = $1 and worker_id = $2 and epoch = $3 for share', [
    run,
    worker,
    epoch,
  ])
  if (held.length === 0) throw takenOver(run)
}

/** Arrays of the columns of claims, for `unnest`. */
export const claimColumns = (claims: readonly Claim[]) => [
  claims.map(({ run }) => run),
  claims.map(({ worker }) => worker),
  claims.map(({ epoch }) => epoch),
]
