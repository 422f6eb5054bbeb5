import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { taskVerb } from '../../platform/index.js'
import { getSnapshot, localParts, tableOfParts } from '../datasets/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { declaredTraining } from './declared-training.js'
import { isolateTraining } from './isolate-training.js'
import { stageChampion } from './stage-champion.js'
import type { Champion, TrainingTools } from './training-tools.js'

const Scores = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scored'), metrics: z.record(z.string(), z.number()) }),
  z.object({ kind: z.literal('unscored'), why: z.object({ reason: z.string(), reason_fr: z.string() }) }),
])

/**
 * Scores a version of a declared model on all rows of a snapshot, in a process of its own, by the metrics of its trainings. Nothing is kept.
 * Errors: `model_not_evaluated`, `training_memory_exceeded`, `training_crashed`.
 */
export const evaluateVersion = taskVerb({
  name: 'training.evaluate_version',
  permission: 'runs.write',
  input: z.object({
    project: z.string(),
    model: z.string(),
    snapshot: z.string(),
    version: z.custom<Champion>(),
    tools: z.custom<TrainingTools>(),
  }),
  async run({ ctx, input }): Promise<{ readonly version: string; readonly metrics: Readonly<Record<string, number>> }> {
    const { version, tools } = input
    const model = modelOf(await getProject({ ctx, input: { project: input.project } }), input.model)
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const refused = (why: { readonly reason: string; readonly reason_fr: string }) =>
      new FabriqueError('model_not_evaluated', {
        model: model.name,
        version: version.version,
        snapshot: snapshot.id,
        ...why,
      })
    const folder = join(ctx.blobs.stagingFolder, `score-${ctx.ids.hex32()}`)
    await mkdir(folder, { recursive: true })
    const parts = await localParts(ctx, snapshot)
    try {
      const staged = await stageChampion(ctx, version, { snapshot, folder })
      if (staged.kind === 'unscored') throw refused(staged.why)
      const { definitionOf } = await import('./training-definition.js')
      await isolateTraining({
        asked: {
          table: tableOfParts(parts.paths, snapshot.columns),
          definition: definitionOf(declaredTraining(model, snapshot.id)),
          mode: { kind: 'one' },
          threads: tools.threads,
          folder,
          memoryBytesMax: tools.memoryBytesMax ?? limit('training.memory_bytes_max'),
          champion: staged.asked,
          script: { stage: 'score' },
        },
        signal: ctx.signal,
        onStart: (pid) => tools.onProcess?.(pid),
        onTold: () => {},
      })
      const scores = Scores.parse(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')))
      if (scores.kind === 'unscored') throw refused(scores.why)
      return { version: version.version, metrics: scores.metrics }
    } finally {
      await parts.release()
      await rm(folder, { recursive: true, force: true })
    }
  },
})
