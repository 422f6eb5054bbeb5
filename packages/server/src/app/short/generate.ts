import type { GenerateReply, GenerateRequest, Language, Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { generateDataset, getSnapshot, useSnapshot } from '../../contexts/datasets/index.js'
import { waitForJob } from '../../contexts/jobs/index.js'
import { rowsOf, sqlName, type VerbContext } from '../../platform/index.js'
import type { ChosenModel } from './choose-model.js'

interface Generation extends ChosenModel {
  readonly request: GenerateRequest
  readonly waitMs: number
  readonly language: Language
}

/** Makes a new snapshot of the data set of a model, and waits for it. Throws what `generateDataset` and the ingest throw. */
export async function generate(
  ctx: VerbContext,
  { project, model, request, waitMs, language }: Generation,
): Promise<GenerateReply> {
  const { job, source } = await generateDataset({
    ctx,
    input: {
      project: project.name,
      dataset: model.dataset,
      request,
      columns: [...model.features, model.label],
      language,
    },
  })
  const { generator, rows, seed, params } = source
  const reply = {
    project: project.name,
    model: model.name,
    dataset: model.dataset,
    source: { generator, rows, seed, params },
    job_id: job.id,
  }
  const ended = await waitForJob({ ctx, input: { job: job.id, wait_ms: waitMs, language } })
  if (ended.state !== 'succeeded') return { status: 'under_way', ...reply }
  const { snapshot_id: id, is_new: isNew } = IngestResult.parse(ended.result)
  const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
  return {
    status: 'done',
    ...reply,
    snapshot_id: id,
    is_new: isNew,
    rows: snapshot.row_count,
    ...(model.task === 'classification' ? { class_counts: await countClasses(ctx, snapshot, model.label) } : {}),
  }
}

const IngestResult = z.object({ snapshot_id: z.string(), is_new: z.boolean() })

/** Rows by class, in the order of the classes. */
async function countClasses(ctx: VerbContext, snapshot: Snapshot, label: string): Promise<Record<string, number>> {
  const counted = await useSnapshot(ctx, snapshot, async (connection, table) =>
    rowsOf<{ name: string; count: number }>(
      await connection.runAndReadAll(
        `select ${sqlName(label)}::varchar as name, count(*)::double as count from ${table}
         where ${sqlName(label)} is not null group by ${sqlName(label)} order by ${sqlName(label)} limit 1000`,
      ),
    ),
  )
  return Object.fromEntries(counted.map(({ name, count }) => [name, count]))
}
