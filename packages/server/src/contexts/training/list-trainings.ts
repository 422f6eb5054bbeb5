import { errorCodes, type Job, type Language, type Training, TrainingQuery } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { errorsOfJobs, tellStoredError } from '../jobs/index.js'
import { getRuns, type Run, searchRunIds } from '../tracking/index.js'
import { errorParamsTag } from './run-records.js'
import { jobTag } from './start-training.js'

/** The model versions that runs made, by run; given by the app, since the registry is no lower context. */
export type VersionsOfRuns = (
  ctx: VerbContext,
  runIds: readonly string[],
) => Promise<
  ReadonlyMap<
    string,
    readonly { readonly model: string; readonly version: string; readonly aliases: readonly string[] }[]
  >
>

export const versionsOfRunsInput = z.custom<VersionsOfRuns>((value) => typeof value === 'function')

/** Which trainings are meant. */
export type TrainingFilter = Pick<z.output<typeof TrainingQuery>, 'dataset' | 'target' | 'model'>

/**
 * A page of the trainings of a project, newest first: runs that a job or a loop made from a snapshot, without the tries of a search. Throws
 * `page_token_invalid`.
 */
export const listTrainings = readVerb({
  name: 'training.list_trainings',
  permission: 'runs.read',
  input: TrainingQuery.extend({
    project: z.string(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
    versionsOfRuns: versionsOfRunsInput,
  }),
  async run({ ctx, input }): Promise<{ items: Training[]; next_page_token?: string }> {
    const { project, limit, page_token, language, versionsOfRuns, ...filter } = input
    const found = await searchRunIds({
      ctx,
      input: {
        filter: trainingFilter(project, filter),
        order_by: ['attributes.start_time DESC'],
        limit,
        ...(page_token === undefined ? {} : { page_token }),
      },
    })
    const items = await describeTrainings(ctx, { runIds: found.ids, language, versionsOfRuns })
    return { items, ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }) }
  },
})

/** Every training has it; nested runs have it as well. */
export const snapshotTag = 'fabrique.snapshot'
/** Nested runs have it: the tries of a search. */
export const parentTag = 'mlflow.parentRunId'
/** Loops of older versions called the target a label. */
export const targetParams = ['target', 'label'] as const

/** The same in the search language. */
export function trainingFilter(project: string, { dataset, target, model }: TrainingFilter): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
  return [
    `tags."fabrique.project" = ${quoted(project)}`,
    `tags."${snapshotTag}" is not null`,
    `tags."${parentTag}" is null`,
    ...(dataset === undefined ? [] : [`datasets.name = ${quoted(dataset)}`]),
    ...(target === undefined
      ? []
      : [`(${targetParams.map((name) => `params.${name} = ${quoted(target)}`).join(' or ')})`]),
    ...(model === undefined ? [] : [`tags."fabrique.model" = ${quoted(model)}`]),
  ].join(' and ')
}

interface Describing {
  readonly runIds: readonly string[]
  readonly language: Language
  readonly versionsOfRuns: VersionsOfRuns
}

/** Runs of trainings as they are shown, in the order of the ids; runs that are gone are left out. */
export async function describeTrainings(
  ctx: VerbContext,
  { runIds, language, versionsOfRuns }: Describing,
): Promise<Training[]> {
  const runs = await getRuns({ ctx, input: { run_ids: [...runIds] } })
  const versions = await versionsOfRuns(ctx, runIds)
  const failed = runs.filter(({ info }) => info.status === 'FAILED')
  const jobs = failed.flatMap((run) => tagsOf(run).get(jobTag) ?? [])
  const errors = await errorsOfJobs({ ctx, input: { jobs, language } })
  return runs.map((run) => toTraining(run, { versions: versions.get(run.info.run_id) ?? [], errors, language }))
}

const tagsOf = ({ data }: Run) => new Map(data.tags.map(({ key, value }) => [key, value]))

interface Beside {
  readonly versions: readonly {
    readonly model: string
    readonly version: string
    readonly aliases: readonly string[]
  }[]
  readonly errors: ReadonlyMap<string, NonNullable<Job['error']>>
  readonly language: Language
}

function toTraining(run: Run, { versions, errors, language }: Beside): Training {
  const { info, data, inputs } = run
  const tags = tagsOf(run)
  const params = new Map(data.params.map(({ key, value }) => [key, value]))
  const job = tags.get(jobTag)
  const meant = tags.get('fabrique.model')
  const made = versions.find(({ model }) => model === meant) ?? versions[0]
  const model = made?.model ?? meant
  const target = targetParams.map((name) => params.get(name)).find((value) => value !== undefined)
  const task = params.get('task')
  const estimator = params.get('estimator')
  const error = info.status === 'FAILED' ? (errors.get(job ?? '') ?? errorOf(tags, language)) : undefined
  return {
    run_id: info.run_id,
    run_name: info.run_name,
    status: info.status,
    ...(job === undefined ? {} : { job_id: job }),
    dataset: inputs.dataset_inputs[0]?.dataset.name ?? '',
    snapshot_id: tags.get(snapshotTag) ?? '',
    ...(target === undefined ? {} : { target }),
    ...(task === 'classification' || task === 'regression' ? { task } : {}),
    ...(estimator === undefined ? {} : { estimator }),
    ...(model === undefined ? {} : { model }),
    ...(made === undefined ? {} : { version: made.version }),
    aliases: [...(made?.aliases ?? [])],
    metrics: Object.fromEntries(
      data.metrics.flatMap(({ key, value }) => (typeof value === 'number' ? [[key, value] as const] : [])),
    ),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    started_at: new Date(info.start_time).toISOString(),
    ...(info.end_time === undefined ? {} : { ended_at: new Date(info.end_time).toISOString() }),
    requested_by: info.user_id,
  }
}

/** Why the run of a loop failed: its tags have the code, and what the message is made of. */
function errorOf(tags: ReadonlyMap<string, string>, language: Language): Training['error'] {
  const code = tags.get('fabrique.error_code')
  if (code === undefined) return undefined
  const known = errorCodes.find((candidate) => candidate === code)
  const params = paramsOf(tags.get(errorParamsTag))
  if (known !== undefined && params !== undefined) return tellStoredError({ code: known, params }, language)
  return { code, message: tags.get('fabrique.error') ?? code }
}

const Params = z.record(z.string(), z.union([z.string(), z.number()]))

/** The values of a message; undefined where the run is older, or someone changed its tag. */
function paramsOf(text: string | undefined): z.output<typeof Params> | undefined {
  if (text === undefined) return undefined
  try {
    return Params.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
