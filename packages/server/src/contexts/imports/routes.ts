import { type ImportBatch, type ImportReply, routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, type VerbContext } from '../../platform/index.js'
import { importModels } from '../registry/index.js'
import {
  completeRuns,
  importDeletedExperiments,
  importExperiments,
  importLoggedModels,
  importPoints,
  importRuns,
} from '../tracking/index.js'

/** Mounts the route that takes the batches of an import. */
export function mountImportRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.importMlflow, ({ request, body }) => takeBatch(contextOf(request), body))
}

const counts = (made: number, given: number) => ({ created: made, unchanged: given - made })
const news = (items: readonly { readonly is_new: boolean }[]) => items.filter(({ is_new }) => is_new).length

/** Hands a batch to the verb of its kind. */
async function takeBatch(ctx: VerbContext, batch: ImportBatch): Promise<ImportReply> {
  switch (batch.kind) {
    case 'experiments': {
      const experiments = await importExperiments({ ctx, input: batch })
      return { ...counts(news(experiments), experiments.length), experiments: [...experiments] }
    }
    case 'logged_models': {
      const models = await importLoggedModels({ ctx, input: batch })
      return { ...counts(news(models), models.length), logged_models: [...models] }
    }
    case 'runs': {
      const runs = await importRuns({ ctx, input: batch })
      return { ...counts(news(runs), runs.length), runs: [...runs] }
    }
    case 'points':
      await importPoints({ ctx, input: batch })
      return counts(0, 0)
    case 'complete':
      return counts(await completeRuns({ ctx, input: batch }), batch.runs.length)
    case 'deleted_experiments':
      return counts(await importDeletedExperiments({ ctx, input: batch }), batch.experiment_ids.length)
    case 'models': {
      const { models, versions } = await importModels({ ctx, input: batch })
      return { ...counts(models, batch.items.length), versions }
    }
  }
}
