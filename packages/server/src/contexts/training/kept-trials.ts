import { buffer } from 'node:stream/consumers'
import type { Trial } from '@fabrique/ml'
import { z } from 'zod'
import type { VerbContext } from '../../platform/index.js'
import { listArtifacts, openArtifact, putArtifact } from '../artifacts/index.js'

const folder = 'reports/trials'

const Value = z.union([
  z.number(),
  z.boolean(),
  z.string(),
  z.null(),
  z.array(z.number()),
  z.record(z.string(), z.number()),
])

const KeptTrial = z.object({
  number: z.number().int().min(0),
  parameters: z.record(z.string(), Value),
  state: z.enum(['finished', 'pruned', 'failed']),
  value: z.number().nullable(),
  // JSON has no word for a loss that is not a number.
  reports: z.array(
    z.object({
      step: z.number(),
      value: z
        .number()
        .nullable()
        .transform((value) => value ?? Number.NaN),
    }),
  ),
  resource: z.number(),
  error: z.string().optional(),
})

/** Keeps a trial with its run, so that a search that is begun again does not do it again. */
export async function keepTrial(ctx: VerbContext, root: string, trial: Trial): Promise<void> {
  const content = new TextEncoder().encode(JSON.stringify(trial))
  await putArtifact({ ctx, input: { path: `${root}/${folder}/${trial.number}.json`, content } })
}

/** The trials that a search left when its worker died. */
export async function readTrials(ctx: VerbContext, root: string): Promise<Trial[]> {
  const trials: Trial[] = []
  for (const { path } of await listArtifacts({ ctx, input: { path: `${root}/${folder}` } })) {
    const { content } = await openArtifact({ ctx, input: { path: `${root}/${folder}/${path}` } })
    const { error, ...trial } = KeptTrial.parse(JSON.parse((await buffer(content)).toString()))
    trials.push({ ...trial, ...(error === undefined ? {} : { error }) })
  }
  return trials
}
