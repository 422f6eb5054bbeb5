import { createHash } from 'node:crypto'
import { type CheckResult, Expectation, FabriqueError, type Snapshot, type ValidationResult } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson, present } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { declaredSuite, sentSuite } from './declared-suite.js'
import { engineVersion } from './engine/index.js'
import { effectiveSuites, getSuite, type NamedSuite } from './get-suite.js'
import { parseExpectations } from './parse-expectations.js'
import { recordValidation } from './record-validation.js'
import { toValidation, validationTables } from './store.js'
import { evaluateChecks, otherSnapshots } from './use-engine.js'

/**
 * Checks a snapshot against one suite: the declared one, one that is kept, or expectations that are sent. A failed expectation is a
 * result, not an error. The same snapshot and suite are evaluated once by the same version of the engine. Errors:
 * `snapshot_not_found`, `suite_not_found`, `expectation_unknown`, `expectation_invalid`.
 */
export const validateSnapshot = taskVerb({
  name: 'validation.validate_snapshot',
  permission: 'datasets.write',
  input: z.object({
    snapshot: z.string(),
    suite: z.string().max(200).default(declaredSuite),
    expectations: z.array(Expectation).max(1000).optional(),
    reason: z.string().max(500).default(''),
  }),
  async run({ ctx, input }): Promise<ValidationResult> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const suite =
      input.expectations === undefined
        ? await getSuite({ ctx, input: { project: snapshot.project, dataset: snapshot.dataset, suite: input.suite } })
        : { name: sentSuite, expectations: parseExpectations(input.expectations) }
    const [result] = await validateSuites(ctx, snapshot, [suite], input.reason)
    if (result === undefined) throw new FabriqueError('suite_not_found', { ...snapshot, suite: input.suite })
    return result
  },
})

/**
 * Checks a snapshot against everything that is expected of its data set: the declared suite and each that is kept, all of them in one
 * evaluation, with a result for each.
 */
export const validateEverything = taskVerb({
  name: 'validation.validate_everything',
  permission: 'datasets.write',
  input: z.object({ snapshot: z.string(), reason: z.string().max(500).default('') }),
  async run({ ctx, input }): Promise<readonly ValidationResult[]> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const suites = await effectiveSuites(ctx, { project: snapshot.project, dataset: snapshot.dataset })
    return validateSuites(ctx, snapshot, suites, input.reason)
  },
})

async function validateSuites(
  ctx: VerbContext,
  snapshot: Snapshot,
  suites: readonly NamedSuite[],
  reason: string,
): Promise<readonly ValidationResult[]> {
  const known = new Map<NamedSuite, ValidationResult>()
  const digests = new Map<NamedSuite, string>()
  for (const suite of suites) {
    const digest = await suiteDigest(ctx, snapshot, suite)
    digests.set(suite, digest)
    const result = await findResult(ctx, snapshot, suite.name, digest)
    if (result !== undefined) known.set(suite, result)
  }
  const open = suites.filter((suite) => !known.has(suite))
  const checks = await evaluate(ctx, snapshot, open)
  for (const [index, suite] of open.entries()) {
    const result = await recordValidation({
      ctx,
      input: {
        snapshot,
        suite: suite.name,
        suite_digest: present(digests.get(suite), 'digest of a suite'),
        checks: [...(checks[index] ?? [])],
        reason,
      },
    })
    known.set(suite, result)
  }
  return suites.flatMap((suite) => known.get(suite) ?? [])
}

/** One evaluation for all suites, since what they have in common with each other is read once. */
async function evaluate(
  ctx: VerbContext,
  snapshot: Snapshot,
  suites: readonly NamedSuite[],
): Promise<readonly (readonly CheckResult[])[]> {
  const checks = await evaluateChecks(
    ctx,
    snapshot,
    suites.flatMap((suite) => [...suite.expectations]),
  )
  let next = 0
  return suites.map((suite) => {
    const first = next
    next += suite.expectations.length
    return checks.slice(first, next)
  })
}

const hourMs = 3_600_000

/**
 * What a result depends on beside the snapshot: the expectations, the other tables that they compare with, and the hour where they
 * compare with the moment of the check.
 */
async function suiteDigest(ctx: VerbContext, snapshot: Snapshot, { expectations }: NamedSuite): Promise<string> {
  const others = [...(await otherSnapshots(ctx, snapshot, expectations)).values()].map(({ id }) => id)
  const about = [
    expectations,
    ...(others.length === 0 ? [] : [others]),
    ...(expectations.some(isTimely) ? [Math.floor(ctx.clock.now().getTime() / hourMs)] : []),
  ]
  return createHash('sha256').update(canonicalJson(about)).digest('hex')
}

/** True where the same data may hold today and not tomorrow. */
function isTimely({ type, kwargs }: Expectation): boolean {
  if (type === 'expect_column_max_to_be_recent') return true
  return Object.values(kwargs).some((value) => typeof value === 'string' && /current_|now\s*\(|today\s*\(/i.test(value))
}

async function findResult(
  ctx: VerbContext,
  snapshot: Snapshot,
  name: string,
  digest: string,
): Promise<ValidationResult | undefined> {
  const row = await validationTables(ctx)
    .selectFrom('validations')
    .selectAll()
    .where('snapshot_id', '=', snapshot.id)
    .where('suite', '=', name)
    .where('suite_digest', '=', digest)
    .where('engine_version', '=', engineVersion)
    .executeTakeFirst()
  return row === undefined ? undefined : toValidation(row)
}
