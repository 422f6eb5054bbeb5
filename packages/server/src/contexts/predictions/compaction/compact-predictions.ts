import { createHash } from 'node:crypto'
import { FabriqueError, type Job, type Language, type PredictionData, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { authoriseModel, checkModelGrant, readVerb, taskVerb, type VerbContext } from '../../../platform/index.js'
import { findDeclared } from '../../datasets/index.js'
import { startJob } from '../../jobs/index.js'
import { listProjects } from '../../projects/index.js'
import { type CompactJobInput, compactJobKind } from './compact-job.js'
import { dueDays, readPredictionData } from './store.js'

/** The project of the data of models that none declares. */
const projectWithout = 'predictions'

/**
 * Asks for jobs that write what is in the log to files, one for each model that has days which are due: of one model, or of all. With `open` also
 * the days that are not over. Throws `model_not_granted`, `dataset_declared`.
 */
export const compactPredictions = taskVerb({
  name: 'predictions.compact_predictions',
  permission: 'datasets.write',
  input: z.object({
    model: z.string().optional(),
    open: z.boolean().default(false),
    /** Days whose files are younger than this wait. */
    rest_ms: z.number().optional(),
    reason: z.string().max(500).default(''),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input }): Promise<{ readonly items: Job[] }> {
    const { model: asked, open, rest_ms: restMs, reason, language } = input
    if (asked !== undefined) authoriseModel(ctx.actor, 'datasets.write', asked)
    const due = await dueDays(ctx, { model: asked, open, restMs })
    const models = [...new Set(due.map(({ model }) => model))].filter((model) => ctx.actor.models?.has(model) ?? true)
    const items: Job[] = []
    for (const model of models) {
      const project = await projectOf(ctx, model)
      const dataset = dataSetOf(model)
      if ((await findDeclared(ctx, { project, dataset })) !== undefined) {
        const refused = new FabriqueError('dataset_declared', { dataset, project })
        if (asked !== undefined) throw refused
        ctx.log.warn({ err: refused, model }, 'The predictions of a model are not written to files')
        continue
      }
      const asks: CompactJobInput = { model, project, dataset, open }
      const job = { kind: compactJobKind, project, subject: `predictions/${model}`, input: asks, reason, language }
      items.push(await startJob({ ctx, input: job }))
    }
    return { items }
  },
})

async function projectOf(ctx: VerbContext, model: string): Promise<string> {
  const projects = await listProjects({ ctx, input: {} })
  const declaring = projects.find(({ definition }) => definition.models.some(({ name }) => name === model))
  return declaring?.name ?? projectWithout
}

/** `predictions_churn`; of a name that a data set may not have, with something that tells such names apart. */
export function dataSetOf(model: string): string {
  const plain = Slug.safeParse(`predictions_${model}`)
  if (plain.success) return plain.data
  const stem = model.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')
  return `predictions_${stem.slice(0, 40)}_${createHash('sha256').update(model).digest('hex').slice(0, 8)}`
}

/** What is in files of the log of each model, and what is not yet; of those that the actor may use. Throws `model_not_granted`. */
export const listPredictionData = readVerb({
  name: 'predictions.list_prediction_data',
  permission: 'predictions.read',
  input: z.object({ model: z.string().optional() }),
  async run({ ctx, input: { model } }): Promise<{ items: PredictionData[] }> {
    if (model !== undefined) checkModelGrant(ctx.actor, model)
    const items = await readPredictionData(ctx, model)
    return { items: items.filter((one) => ctx.actor.models?.has(one.model) ?? true) }
  },
})
