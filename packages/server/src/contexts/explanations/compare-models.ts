import { ComparisonRequest, type ModelComparison } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { checkModelGrant, taskVerb } from '../../platform/index.js'
import type { ComparedOnRows } from './compare-on-rows.js'
import type { ExplainerLine } from './explainer-line.js'
import { findRows, findSubject, type RowsMeant, type Subject } from './find-subject.js'
import { notComparable } from './refused.js'
import { withFiles } from './stage-files.js'

/**
 * Two versions on the same rows, in a process of its own. Errors: those of `findSubject` and `findRows`, `model_not_granted`,
 * `models_not_comparable`, `explanation_refused`, `explanations_busy`, `explanation_timed_out`, `explanation_crashed`.
 */
export const compareModels = taskVerb({
  name: 'explanations.compare_models',
  permission: 'runs.read',
  input: z.object({ request: ComparisonRequest, line: z.custom<ExplainerLine>() }),
  async run({ ctx, input: { request, line } }): Promise<ModelComparison> {
    const first = await findSubject(ctx, request.first)
    const second = await findSubject(ctx, request.second)
    for (const { model } of [first, second]) checkModelGrant(ctx.actor, model)
    checkAlike(first, second)
    const meant = await findRows(ctx, second, request.snapshot)
    const compared = await withFiles(ctx, async (staged) => {
      const task = {
        kind: 'compare',
        first: await staged.model(first),
        second: await staged.model(second),
        rows: await staged.rows(meant.snapshot),
        seed: request.seed,
        trainedOn: { ...trained('first', first, meant), ...trained('second', second, meant) },
        ...(meant.testOf === undefined ? {} : { testOf: meant.testOf }),
      } as const
      return line.run((child) => child.ask(task, { timeoutMs: limit('explanations.request_ms_max') }))
    })
    const named = ({ model, version }: Subject) => ({ model, version })
    return { first: named(first), second: named(second), snapshot_id: meant.snapshot.id, ...toCompared(compared) }
  },
})

/** It was made by our own program. */
function toCompared(result: unknown): ComparedOnRows {
  return result as ComparedOnRows
}

/** Which rows a version may have learnt from, where these are rows of its training snapshot; all where that is not known. */
function trained(name: 'first' | 'second', { snapshotId, split }: Subject, { snapshot }: RowsMeant) {
  return snapshotId === snapshot.id ? { [name]: split ?? null } : {}
}

function checkAlike({ signature: one }: Subject, { signature: other }: Subject): void {
  if (one.task !== other.task) {
    throw notComparable(
      `one does ${one.task}, the other ${other.task}`,
      `l’une fait de la ${one.task === 'regression' ? 'régression' : 'classification'}, l’autre non`,
    )
  }
  if (one.target.name !== other.target.name) {
    const [own, others] = [JSON.stringify(one.target.name), JSON.stringify(other.target.name)]
    throw notComparable(`one predicts ${own}, the other ${others}`, `l’une prédit ${own}, l’autre ${others}`)
  }
  const same = one.target.classes.length === other.target.classes.length
  if (!same || !one.target.classes.every((name) => other.target.classes.includes(name))) {
    const [own, others] = [one, other].map(({ target }) => target.classes.slice(0, 10).join(', '))
    throw notComparable(
      `the classes of one are ${own}, those of the other ${others}`,
      `les classes de l’une sont ${own}, celles de l’autre ${others}`,
    )
  }
}
