import type { CheckResult, Expectation, ExpectationHistory, Json } from '@fabrique/contract'
import { z } from 'zod'
import { limit, present } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { type DatasetPlace, sentSuite } from './declared-suite.js'
import { suiteIdentities } from './expectation-identity.js'
import { validationTables } from './store.js'

type Points = ExpectationHistory['points']

interface Passage {
  readonly id: string
  readonly snapshot_id: string
  readonly suite: string
  readonly created_at: Date
}

/**
 * Each expectation of each suite over the newest snapshots of a data set, oldest first, as it stands in the newest validation of its
 * suite. Of several validations of a snapshot by one suite the newest counts; what was sent to be checked once does not.
 */
export const listExpectationHistory = readVerb({
  name: 'validation.list_expectation_history',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), dataset: z.string(), limit: z.number().int().min(1).max(500).default(50) }),
  async run({ ctx, input }): Promise<readonly ExpectationHistory[]> {
    const passages = await newestPassages(ctx, input, input.limit)
    const points = await readPoints(ctx, passages)
    const histories: ExpectationHistory[] = []
    for (const [suite, expectations] of await newestExpectations(ctx, passages)) {
      const identities = suiteIdentities(expectations)
      for (const [place, expectation] of expectations.entries()) {
        const found = points.get(pointsKey(suite, identities[place] ?? ''))
        if (found !== undefined) histories.push({ expectation, suite, points: found })
      }
    }
    return histories
  },
})

/** The results of each expectation of one suite over the newest snapshots, by its identity; the oldest first. */
export async function historiesByIdentity(
  ctx: VerbContext,
  place: DatasetPlace,
  snapshots: number,
  suite: string,
): Promise<ReadonlyMap<string, Points>> {
  const points = await readPoints(ctx, await newestPassages(ctx, place, snapshots, suite))
  return new Map([...points].map(([key, found]) => [key.slice(suite.length + 1), found]))
}

const pointsKey = (suite: string, identity: string) => `${suite}\n${identity}`

async function readPoints(ctx: VerbContext, passages: readonly Passage[]): Promise<ReadonlyMap<string, Points>> {
  if (passages.length === 0) return new Map()
  const byId = new Map(passages.map((passage) => [passage.id, passage]))
  const rows = await validationTables(ctx)
    .selectFrom('validation_checks')
    .innerJoin('validations', 'validations.id', 'validation_checks.validation_id')
    .select([
      'validation_checks.validation_id',
      'validation_checks.identity',
      'validation_checks.success',
      'validation_checks.is_evaluated',
      'validation_checks.unexpected_share',
      'validation_checks.observed',
    ])
    .where('validation_checks.validation_id', 'in', [...byId.keys()])
    .orderBy('validations.snapshot_created_at', 'desc')
    .orderBy('validations.snapshot_id', 'desc')
    .orderBy('validation_checks.validation_id')
    .orderBy('validation_checks.position')
    .limit(limit('validation.history_points_max'))
    .execute()
  const points = new Map<string, Points[number][]>()
  for (const row of rows) {
    const passage = present(byId.get(row.validation_id), 'validation of a check')
    const point: Points[number] = {
      validation_id: passage.id,
      snapshot_id: passage.snapshot_id,
      created_at: passage.created_at.toISOString(),
      success: row.success,
      is_evaluated: row.is_evaluated,
      ...(row.unexpected_share === null ? {} : { unexpected_share: row.unexpected_share }),
      // The driver parses jsonb.
      ...(row.observed === null ? {} : { observed: row.observed as Json }),
    }
    const key = pointsKey(passage.suite, row.identity)
    const known = points.get(key)
    if (known === undefined) points.set(key, [point])
    else known.push(point)
  }
  for (const found of points.values()) found.reverse()
  return points
}

/** The newest validation of each of the newest snapshots by each suite, or by one. */
async function newestPassages(
  ctx: VerbContext,
  { project, dataset }: DatasetPlace,
  snapshots: number,
  suite?: string,
): Promise<readonly Passage[]> {
  let ofDataset = validationTables(ctx)
    .selectFrom('validations')
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('suite', '!=', sentSuite)
  if (suite !== undefined) ofDataset = ofDataset.where('suite', '=', suite)
  const newest = await ofDataset
    .select(['snapshot_id', 'snapshot_created_at'])
    .groupBy(['snapshot_id', 'snapshot_created_at'])
    .orderBy('snapshot_created_at', 'desc')
    .orderBy('snapshot_id', 'desc')
    .limit(snapshots)
    .execute()
  if (newest.length === 0) return []
  return ofDataset
    .distinctOn(['snapshot_id', 'suite'])
    .select(['id', 'snapshot_id', 'suite', 'created_at'])
    .where(
      'snapshot_id',
      'in',
      newest.map(({ snapshot_id }) => snapshot_id),
    )
    .orderBy('snapshot_id')
    .orderBy('suite')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** The expectations of the newest validation of each suite, by the name of the suite. */
async function newestExpectations(
  ctx: VerbContext,
  passages: readonly Passage[],
): Promise<ReadonlyMap<string, readonly Expectation[]>> {
  const newest = new Map<string, Passage>()
  for (const passage of passages) {
    const known = newest.get(passage.suite)
    if (known === undefined || passage.created_at > known.created_at) newest.set(passage.suite, passage)
  }
  if (newest.size === 0) return new Map()
  const rows = await validationTables(ctx)
    .selectFrom('validations')
    .select(['suite', 'checks'])
    .where(
      'id',
      'in',
      [...newest.values()].map(({ id }) => id),
    )
    .orderBy('suite')
    .execute()
  return new Map(
    rows.map(({ suite, checks }) => {
      const found: unknown = checks
      return [suite, (found as CheckResult[]).map(({ expectation }) => expectation)]
    }),
  )
}
