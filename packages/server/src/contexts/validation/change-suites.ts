import { FabriqueError, Json, type Suite } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson, limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { declaredSuite, findDeclared, sentSuite } from './declared-suite.js'
import { parseExpectations } from './parse-expectations.js'
import { toSuite, validationTables } from './store.js'

const reserved: ReadonlySet<string> = new Set([declaredSuite, sentSuite])

const SuiteName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}/\\]+$/u, 'must not have / or \\ or control characters')

const SuiteInput = z.object({
  project: z.string(),
  dataset: z.string(),
  suite: SuiteName,
  expectations: z.array(z.record(z.string(), Json)).max(1000),
  meta: z.record(z.string(), Json).default({}),
  reason: z.string().max(500).default(''),
})

/**
 * Keeps a suite, written as we write it or as Great Expectations does, in place of the one of the same name. Putting the same again
 * changes nothing. Errors: `expectation_unknown`, `expectation_invalid`, `suite_name_reserved`, `suite_too_large`, `suites_too_many`.
 */
export const putSuite = changeVerb({
  name: 'validation.put_suite',
  permission: 'datasets.write',
  input: SuiteInput,
  async run({ ctx, input, record, unchanged }): Promise<Suite> {
    const { project, dataset, suite: name } = input
    if (reserved.has(name)) throw new FabriqueError('suite_name_reserved', { suite: name })
    await findDeclared(ctx, input)
    const expectations = parseExpectations(input.expectations)
    const bytes = Buffer.byteLength(JSON.stringify([expectations, input.meta]))
    if (bytes > limit('validation.suite_bytes_max')) {
      throw new FabriqueError('suite_too_large', {
        suite: name,
        bytes,
        limit_bytes: limit('validation.suite_bytes_max'),
      })
    }
    const tables = validationTables(ctx)
    const ofDataset = tables.selectFrom('suites').where('project', '=', project).where('dataset', '=', dataset)
    const known = await ofDataset.selectAll().where('name', '=', name).forUpdate().executeTakeFirst()
    if (known !== undefined) {
      const before = toSuite(known)
      const isSame = canonicalJson([before.expectations, before.meta]) === canonicalJson([expectations, input.meta])
      if (isSame) {
        unchanged()
        return before
      }
    } else {
      const { count } = await ofDataset.select((row) => row.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      const most = limit('validation.suites_max')
      if (Number(count) >= most) throw new FabriqueError('suites_too_many', { dataset, limit: most })
    }
    const values = {
      expectations: JSON.stringify(expectations),
      meta: JSON.stringify(input.meta),
      updated_by: ctx.actor.id,
      updated_at: ctx.clock.now(),
    }
    const row = await tables
      .insertInto('suites')
      .values({ project, dataset, name, ...values })
      .onConflict((conflict) => conflict.columns(['project', 'dataset', 'name']).doUpdateSet(values))
      .returningAll()
      .executeTakeFirstOrThrow()
    await record({
      subject: `datasets/${project}/${dataset}/suites/${name}`,
      event: 'suite.changed',
      payload: { project, dataset, suite: name, change: known === undefined ? 'created' : 'changed' },
      reason: input.reason,
    })
    return toSuite(row)
  },
})

/** Removes a kept suite; the results that it gave stay. False where there was none. */
export const deleteSuite = changeVerb({
  name: 'validation.delete_suite',
  permission: 'datasets.write',
  input: z.object({ project: z.string(), dataset: z.string(), suite: z.string() }),
  async run({ ctx, input: { project, dataset, suite }, record, unchanged }): Promise<{ deleted: boolean }> {
    if (reserved.has(suite)) throw new FabriqueError('suite_name_reserved', { suite })
    const gone = await validationTables(ctx)
      .deleteFrom('suites')
      .where('project', '=', project)
      .where('dataset', '=', dataset)
      .where('name', '=', suite)
      .returning('name')
      .executeTakeFirst()
    if (gone === undefined) {
      unchanged()
      return { deleted: false }
    }
    await record({
      subject: `datasets/${project}/${dataset}/suites/${suite}`,
      event: 'suite.changed',
      payload: { project, dataset, suite, change: 'deleted' },
    })
    return { deleted: true }
  },
})
