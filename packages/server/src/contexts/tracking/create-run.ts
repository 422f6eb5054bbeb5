import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { checkCount, checkedExperimentId, checkedTag, checkRunId } from './checks.js'
import { type Run, runArtifactUri, runNameTag, type Tag } from './model.js'
import { randomRunName } from './run-name.js'
import { selectRun } from './run-store.js'
import { CreateRun } from './schema.js'

/**
 * Creates a run and returns it. With a `run_id` that exists, returns that run as it is: a step that is run again after a
 * crash goes on with its run. Throws `experiment_not_found`, `experiment_not_active`.
 */
export const createRun = changeVerb({
  name: 'tracking.create_run',
  permission: 'runs.write',
  input: CreateRun,
  async run({ ctx, input, record, unchanged }): Promise<Run> {
    if (input.run_id !== undefined) checkRunId(input.run_id)
    checkCount('tags', input.tags.length, limit('mlflow.first_tags_max'))
    const name = runName(ctx, input.run_name, input.tags)
    const tags = new Map(input.tags.map((tag, index) => [tag.key, checkedTag(tag, `tags[${index}].`).value]))
    const nameTag = checkedTag({ key: runNameTag, value: name })
    tags.set(runNameTag, nameTag.value)
    const experiment = await shareExperiment(ctx, input.experiment_id)
    const id = input.run_id ?? ctx.ids.hex32()
    const isNew = await insertRun(ctx, {
      id,
      experimentId: experiment.id,
      name: nameTag.value,
      userId: input.user_id,
      startMs: input.start_time,
      artifactUri: runArtifactUri(experiment.location, id),
      tags,
    })
    if (isNew) {
      await record({
        subject: `runs/${id}`,
        event: 'run.created',
        payload: { run_id: id, experiment_id: experiment.id },
      })
    } else unchanged()
    return selectRun(ctx, id)
  },
})

function runName(ctx: VerbContext, asked: string | undefined, tags: readonly Tag[]): string {
  const tagged = tags.find(({ key }) => key === runNameTag)?.value
  const given = asked === '' ? undefined : asked
  if (given !== undefined && tagged !== undefined && given !== tagged) {
    throw invalidValue('run_name', given, `the tag ${runNameTag} says '${tagged}'`)
  }
  return given ?? (tagged === undefined || tagged === '' ? randomRunName(ctx.ids.hex32()) : tagged)
}

/** The experiment, held so that it cannot be deleted while a run is added. */
async function shareExperiment(ctx: VerbContext, id: string): Promise<{ id: string; location: string }> {
  const { rows } = await sql<{ location: string; stage: string }>`
    select artifact_location as location, lifecycle_stage as stage from experiments
    where id = ${checkedExperimentId(id)}::bigint for share
  `.execute(ctx.db)
  const found = rows[0]
  if (found === undefined) throw new FabriqueError('experiment_not_found', { experiment: id })
  if (found.stage !== 'active') throw new FabriqueError('experiment_not_active', { experiment: id })
  return { id: String(BigInt(id)), location: found.location }
}

async function insertRun(
  ctx: VerbContext,
  run: {
    readonly id: string
    readonly experimentId: string
    readonly name: string
    readonly userId: string
    readonly startMs: number
    readonly artifactUri: string
    readonly tags: ReadonlyMap<string, string>
  },
): Promise<boolean> {
  const { rows } = await sql`
    with made as (
      insert into runs (id, experiment_id, name, status, user_id, start_ms, artifact_uri)
      values (${run.id}, ${run.experimentId}::bigint, ${run.name}, 'RUNNING', ${run.userId}, ${run.startMs}, ${run.artifactUri})
      on conflict (id) do nothing
      returning id
    ), tagged as (
      insert into run_tags (run_id, key, value)
      select made.id, t.key, t.value from made, unnest(${[...run.tags.keys()]}::text[], ${[...run.tags.values()]}::text[]) as t (key, value)
    )
    select id from made
  `.execute(ctx.db)
  return rows.length > 0
}
