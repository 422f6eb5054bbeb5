import { FabriqueError, type Job } from '@fabrique/contract'
import { z } from 'zod'
import { sqlName, type VerbContext } from '../../platform/index.js'
import { getSnapshot, useSnapshot } from '../datasets/index.js'
import { selectFeatures, startHistorical, startMaterialize } from '../features/index.js'
import { waitForJob } from '../jobs/index.js'
import { datasetOf, getProject } from '../projects/index.js'
import type { LoopFeatures, TrainingSet } from './loop-features.js'

/** How long one look at a job lasts, in milliseconds. */
const lookMs = 10_000

const Made = z.object({ snapshot_id: z.string() })

/**
 * The feature store as the loop uses it: by jobs, which a step that is begun again finds where they are. What a job fails with ends the loop.
 */
export const featureJobs: LoopFeatures = {
  async makeTrainingSet(ctx, { project, service, labels, asKnown, into, reason }) {
    const { views, service: applied } = await selectFeatures(ctx, { project, service })
    if (applied === undefined) throw new FabriqueError('feature_service_not_found', { project, service })
    const job = await startHistorical({
      ctx,
      input: {
        project,
        request: {
          service: `${applied.name}@${applied.version}`,
          entities: { snapshot: labels },
          as_known: asKnown,
          full_names: false,
          ages: false,
          into,
          reason,
        },
      },
    })
    const { result } = await endOf(ctx, job)
    const { snapshot_id } = Made.parse(result)
    const keys = [...new Set(views.flatMap(({ view }) => view.keys.map(({ name }) => name)))]
    const example = await exampleKeys(ctx, { project, labels, keys })
    return {
      snapshot_id,
      service_version: applied.version,
      keys,
      ...(example === undefined ? {} : { example }),
      features: views.flatMap(({ features }) => features.map(({ as }) => as)),
    }
  },

  async materialize(ctx, { project, service, reason }) {
    const { views } = await selectFeatures(ctx, { project, service })
    const jobs: Job[] = []
    for (const { view } of views) {
      if (!view.definition.online) continue
      // One job for each view: it is the one that the new snapshot of its data set has asked for, where that still runs.
      const request = { views: [view.name], full: false, reason }
      jobs.push(await startMaterialize({ ctx, input: { project, request } }))
    }
    for (const job of jobs) await endOf(ctx, job)
  },
}

/** The keys of one of the newest labels, as requests have them; undefined where they are not all there. */
async function exampleKeys(
  ctx: VerbContext,
  { project, labels, keys }: { readonly project: string; readonly labels: string; readonly keys: readonly string[] },
): Promise<TrainingSet['example']> {
  const snapshot = await getSnapshot({ ctx, input: { snapshot: labels } })
  const { time } = datasetOf(await getProject({ ctx, input: { project } }), snapshot.dataset)
  const typeOf = new Map(snapshot.columns.map(({ name, type }) => [name, type]))
  const values = keys.map((key, index) => `${sqlName(key)}::varchar as k${index}`)
  const known = keys.map((key) => `${sqlName(key)} is not null`)
  const order = time === undefined ? '' : `${sqlName(time)} desc nulls last, `
  const read = await useSnapshot(ctx, snapshot, (connection, _table, numbered) =>
    connection.runAndReadAll(
      `select ${values.join(', ')} from ${numbered('label_place')} where ${known.join(' and ')} order by ${order}label_place limit 1`,
    ),
  )
  const found = z.array(z.string()).safeParse(read.getRowsJson()[0])
  if (!found.success) return undefined
  return Object.fromEntries(keys.map((key, index) => [key, asJson(found.data[index] ?? '', typeOf.get(key))]))
}

/** A key as requests have it; whole numbers that JSON does not hold exactly stay texts. */
function asJson(text: string, type: string | undefined): string | number | boolean {
  if (type === 'boolean') return text === 'true'
  return type === 'integer' && Number.isSafeInteger(Number(text)) ? Number(text) : text
}

/** Waits for a job to end. Throws what it failed with, and `job_cancelled` where somebody stopped it. */
async function endOf(ctx: VerbContext, { id }: Job): Promise<Job> {
  for (;;) {
    ctx.signal?.throwIfAborted()
    const job = await waitForJob({ ctx, input: { job: id, wait_ms: lookMs, language: 'en' } })
    if (job.state === 'succeeded') return job
  }
}
