import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { findMeantSnapshots, snapshotThing } from '../datasets/index.js'
import { type LineageRef, type LineageThing, recordLineage } from '../lineage/index.js'
import { datasetContextTag } from './model.js'
import type { LogInputs } from './schema.js'

export const runRef = (id: string): LineageRef => ({ kind: 'run', id })

/** Runs as they stand in the lineage; those that are not here are left out. */
export async function runThings(ctx: VerbContext, ids: readonly string[]): Promise<readonly LineageThing[]> {
  const { rows } = await sql<{
    id: string
    name: string
    experiment_id: string
    experiment: string
    project: string | null
  }>`
    select r.id, r.name, r.experiment_id::text as experiment_id, e.name as experiment,
      (select value from run_tags t where t.run_id = r.id and t.key = 'fabrique.project') as project
    from runs r join experiments e on e.id = r.experiment_id where r.id = any(${[...ids]}::text[])
  `.execute(ctx.db)
  return rows.map(({ id, name, experiment_id, experiment, project }) => ({
    ...runRef(id),
    label: name,
    ...(project === null ? {} : { project }),
    detail: { experiment_id, experiment },
  }))
}

type Input = Pick<LogInputs['datasets'][number], 'dataset' | 'tags'>

/** Links a run to the snapshots among the data sets that it read; data sets that are kept elsewhere are not in the lineage. */
export async function linkInputs(ctx: VerbContext, runId: string, datasets: readonly Input[]): Promise<void> {
  const meant = await findMeantSnapshots(
    ctx,
    datasets.map(({ dataset }) => dataset),
  )
  if (meant.length === 0) return
  await recordLineage(ctx, {
    things: [...(await runThings(ctx, [runId])), ...meant.map(({ snapshot }) => snapshotThing(snapshot))].map(
      (thing) => ({
        ...thing,
        keep: true as const,
      }),
    ),
    steps: meant.map(({ place, snapshot }) => ({
      from: { kind: 'snapshot', id: snapshot.id },
      to: runRef(runId),
      relation: relationOf(datasets[place]),
    })),
  })
}

/** What the run did with the data, from the context that clients log with it. */
function relationOf(input: Input | undefined): string {
  const context = input?.tags.find(({ key }) => key === datasetContextTag)?.value ?? ''
  if (/^train/i.test(context)) return 'trained'
  return /^(?:eval|val|test)/i.test(context) ? 'evaluated' : 'read'
}
