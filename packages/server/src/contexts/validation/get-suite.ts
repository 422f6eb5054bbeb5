import { type Expectation, FabriqueError, type Suite } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { type DatasetPlace, declaredExpectations, declaredSuite, findDeclared } from './declared-suite.js'
import { toSuite, validationTables } from './store.js'

/** A suite by name with its expectations. */
export interface NamedSuite {
  readonly name: string
  readonly expectations: readonly Expectation[]
}

/** The suites that are kept for a data set, by name. */
export const listSuites = readVerb({
  name: 'validation.list_suites',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), dataset: z.string() }),
  async run({ ctx, input }): Promise<readonly Suite[]> {
    await findDeclared(ctx, input)
    return keptSuites(ctx, input)
  },
})

async function keptSuites(ctx: VerbContext, { project, dataset }: DatasetPlace): Promise<readonly Suite[]> {
  const rows = await validationTables(ctx)
    .selectFrom('suites')
    .selectAll()
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .orderBy('name')
    .limit(limit('validation.suites_max'))
    .execute()
  return rows.map(toSuite)
}

/** One suite: `declared` is that of the project. Throws `suite_not_found`. */
export const getSuite = readVerb({
  name: 'validation.get_suite',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), dataset: z.string(), suite: z.string() }),
  async run({ ctx, input }): Promise<NamedSuite & { readonly meta: Suite['meta'] }> {
    if (input.suite === declaredSuite) {
      return { name: declaredSuite, expectations: await declaredExpectations(ctx, input), meta: {} }
    }
    const row = await validationTables(ctx)
      .selectFrom('suites')
      .selectAll()
      .where('project', '=', input.project)
      .where('dataset', '=', input.dataset)
      .where('name', '=', input.suite)
      .executeTakeFirst()
    if (row === undefined)
      throw new FabriqueError('suite_not_found', { suite: input.suite, dataset: input.dataset, project: input.project })
    return toSuite(row)
  },
})

/** Everything that is expected of a data set: what its project declares, and each suite that is kept and has expectations. */
export async function effectiveSuites(ctx: VerbContext, place: DatasetPlace): Promise<readonly NamedSuite[]> {
  const declared = { name: declaredSuite, expectations: await declaredExpectations(ctx, place) }
  const kept = await keptSuites(ctx, place)
  return [declared, ...kept.filter(({ expectations }) => expectations.length > 0)]
}
