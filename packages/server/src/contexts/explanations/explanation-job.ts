import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import type { JobHandler } from '../jobs/index.js'
import type { ExplainAsked, ExplanationFigures } from './explainer-messages.js'
import { startExplainer } from './explainer-process.js'
import { findSubject } from './find-subject.js'
import { withFiles } from './stage-files.js'
import { ExplanationJobInput, explanationJobKind } from './start-explanation.js'
import { explanationTables, type StoredFigures, type StoredSummary } from './store.js'

export interface ExplanationTools {
  readonly threads: number
  /** Memory that the process may take; the limit without. */
  readonly memoryBytesMax?: number
  /** Told of the process of each explanation. */
  readonly onProcess?: (pid: number) => void
}

/** Explains in a process of its own, and keeps the figures in one piece at the end. One that is begun again begins anew. */
export function explanationJob(tools: ExplanationTools): JobHandler {
  return async ({ ctx: given, id, input: asked, report }) => {
    const { signal, ...ctx } = given
    const input = ExplanationJobInput.parse(asked)
    const { explanation_id, model, version, request } = input
    const began = ctx.clock.monotonicMs()
    const subject = await findSubject(ctx, `${model}/${version}`)
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot_id } })
    const child = startExplainer(tools)
    if (child.pid !== undefined) tools.onProcess?.(child.pid)
    try {
      const figures = await withFiles(given, async (staged): Promise<ExplanationFigures> => {
        const isOwn = subject.snapshotId === snapshot.id
        const background = isOwn ? undefined : await staged.trainingRows(subject)
        const { model: _model, snapshot: _snapshot, ...own } = request
        const task: ExplainAsked = {
          kind: 'explain',
          model: await staged.model(subject),
          rows: await staged.rows(snapshot),
          request: own,
          ...(background === undefined ? {} : { background }),
          ...(input.test_rows && subject.split !== undefined ? { testOf: subject.split } : {}),
        }
        return toFigures(await child.ask(task, { signal, onProgress: report }))
      })
      signal?.throwIfAborted()
      const seconds = (ctx.clock.monotonicMs() - began) / 1000
      await keepExplanation({ ctx, input: { job: id, asked: input, figures, seconds } })
      return { explanation_id, model, version }
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'explanation_crashed' && signal?.aborted !== true) {
        ctx.log.error({ job: id, explanation_id, err: error }, 'The process of an explanation crashed')
      }
      throw error
    } finally {
      child.close()
    }
  }
}

/** They were made by our own program. */
function toFigures(result: unknown): ExplanationFigures {
  return result as ExplanationFigures
}

/** Keeps what was found out, and drops the oldest explanations of the version. Throws `model_version_not_found` for one that was deleted. */
const keepExplanation = changeVerb({
  name: 'explanations.keep_explanation',
  permission: 'runs.write',
  input: z.object({
    job: z.string(),
    asked: ExplanationJobInput,
    figures: z.custom<ExplanationFigures>(),
    seconds: z.number(),
  }),
  async run({ ctx, input, record }): Promise<void> {
    const { asked, figures, seconds } = input
    const { explanation_id, model, snapshot_id } = asked
    const version = Number(asked.version)
    const { importance, dependence, contributions, fairness, ...known } = figures
    const summary: StoredSummary = { ...known, seconds }
    const kept: StoredFigures = {
      dependence,
      contributions,
      fairness,
      ...(importance === undefined ? {} : { importance }),
    }
    const tables = explanationTables(ctx)
    await tables
      .insertInto('explanations')
      .values({
        id: explanation_id,
        model,
        version,
        snapshot_id,
        job_id: input.job,
        request: JSON.stringify(asked.request),
        summary: JSON.stringify(summary),
        figures: JSON.stringify(kept),
        created_at: ctx.clock.now(),
        created_by: asked.requested_by,
      })
      // A job that is begun again after this was written has found the same.
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
      .catch((error: unknown) => {
        if (!isForeignKeyError(error)) throw error
        throw new FabriqueError('model_version_not_found', { model, version: asked.version }, { cause: error })
      })
    await sql`
      delete from explanations where id in (
        select id from explanations where model = ${model} and version = ${version}
        order by created_at desc, id desc offset ${limit('explanations.kept')}
      )
    `.execute(ctx.db)
    await record({
      subject: `explanations/${explanation_id}`,
      event: 'job.changed',
      payload: {
        job_id: input.job,
        kind: explanationJobKind,
        subject: `explanations/${explanation_id}`,
        state: 'running',
      },
    })
  },
})

function isForeignKeyError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23503'
}
