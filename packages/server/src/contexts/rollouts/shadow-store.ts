import type { ShadowReport } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import type { Differences } from './differences.js'

/** Writes the counts of this process, which are absolute: twice changes nothing. */
export async function writeDifferences(
  ctx: VerbContext,
  where: { readonly rollout: string; readonly process: string },
  found: Differences,
): Promise<void> {
  await sql`
    insert into rollout_shadows (rollout_id, process, compared, equal, numbers, sum_difference, largest_difference, failed, left_out, examples)
    select id, ${where.process}, ${found.compared}, ${found.equal}, ${found.numbers}, ${found.sumDifference}, ${found.largestDifference},
      ${found.failed}, ${found.leftOut}, ${JSON.stringify(found.examples)}
    from rollouts where id = ${where.rollout}
    on conflict (rollout_id, process) do update set compared = excluded.compared, equal = excluded.equal, numbers = excluded.numbers,
      sum_difference = excluded.sum_difference, largest_difference = excluded.largest_difference, failed = excluded.failed,
      left_out = excluded.left_out, examples = excluded.examples`.execute(ctx.db)
}

/** What the shadows of all processes said. */
export async function readShadow(ctx: VerbContext, rollout: string): Promise<ShadowReport> {
  const { rows } = await sql<{
    compared: string
    equal: string
    numbers: string
    sum_difference: number
    largest_difference: number
    failed: string
    left_out: string
    examples: unknown
  }>`
    select compared, equal, numbers, sum_difference, largest_difference, failed, left_out, examples
    from rollout_shadows where rollout_id = ${rollout} limit 10000`.execute(ctx.db)
  const sum = (read: (row: (typeof rows)[number]) => string | number) =>
    rows.reduce((total, row) => total + Number(read(row)), 0)
  const numbers = sum((row) => row.numbers)
  const examples = rows.flatMap((row) => fromJsonb<ShadowReport['examples']>(row.examples))
  return {
    compared: sum((row) => row.compared),
    equal: sum((row) => row.equal),
    ...(numbers === 0
      ? {}
      : {
          mean_difference: sum((row) => row.sum_difference) / numbers,
          largest_difference: Math.max(...rows.map((row) => row.largest_difference)),
        }),
    failed: sum((row) => row.failed),
    left_out: sum((row) => row.left_out),
    examples: examples
      .sort((left, right) => right.at.localeCompare(left.at))
      .slice(0, limit('rollouts.shadow_examples_max')),
  }
}
