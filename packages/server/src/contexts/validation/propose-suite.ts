import type { Language, Snapshot, SuiteProposal } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { ensureProfile, getSnapshot, listSnapshots } from '../datasets/index.js'
import { findDeclared } from './declared-suite.js'
import { proposeExpectations } from './propose-expectations.js'
import { evaluateChecks } from './use-engine.js'

const historySnapshots = 50

/**
 * Expectations that fit a snapshot, from its profile and the sizes of the snapshots before it, with the reason of each in words. Each
 * was evaluated on the snapshot: one that does not hold there is not proposed. Throws `snapshot_not_found`.
 */
export const proposeSuite = readVerb({
  name: 'validation.propose_suite',
  permission: 'datasets.read',
  input: z.object({
    snapshot: z.string(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr'),
  }),
  async run({ ctx, input }): Promise<SuiteProposal> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const { project, dataset, columns } = snapshot
    const profile = await ensureProfile({ ctx, input: { snapshot: snapshot.id } })
    const declared = await findDeclared(ctx, { project, dataset })
    const definitions = Object.entries(declared?.columns ?? {})
    const names = new Set(columns.map(({ name }) => name))
    const proposed = proposeExpectations({
      profile,
      columns,
      key: (declared?.key ?? []).filter((name) => names.has(name)),
      enforced: new Set(
        definitions
          .filter(([, { values, min, max }]) => values !== undefined || (min !== undefined && max !== undefined))
          .map(([name]) => name),
      ),
      rowCounts: await rowCountsUntil(ctx, snapshot),
      time: declared?.time,
      now: ctx.clock.now(),
      language: input.language,
    })
    const checks = await evaluateChecks(
      ctx,
      snapshot,
      proposed.map(({ expectation }) => expectation),
    )
    return { items: proposed.filter((_item, place) => checks[place]?.success === true) }
  },
})

/** Rows of the newest snapshots up to this one, which is among them. */
async function rowCountsUntil(ctx: VerbContext, snapshot: Snapshot): Promise<readonly number[]> {
  const { items } = await listSnapshots({
    ctx,
    input: { project: snapshot.project, dataset: snapshot.dataset, limit: historySnapshots },
  })
  const before = items.filter(({ id, created_at }) => id !== snapshot.id && created_at <= snapshot.created_at)
  return [snapshot.row_count, ...before.map(({ row_count }) => row_count)]
}
