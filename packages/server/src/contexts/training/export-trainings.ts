import { FabriqueError, TrainingExportQuery } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import {
  type Cell,
  type CsvDialect,
  csvLine,
  frenchCsv,
  getRuns,
  plainCsv,
  type RunExport,
  searchRunIds,
} from '../tracking/index.js'
import { describeTrainings, trainingFilter, type VersionsOfRuns, versionsOfRunsInput } from './list-trainings.js'

/** Runs that are looked at together. */
const batch = 500

/**
 * The history of metrics as CSV: a line for each training that ended well, the one that ended first first, with a column for each metric
 * that one of them has. It is written in parts. Throws `runs_too_wide`.
 */
export const exportTrainings = readVerb({
  name: 'training.export_trainings',
  permission: 'runs.read',
  input: TrainingExportQuery.extend({ project: z.string(), versionsOfRuns: versionsOfRunsInput }),
  async run({ ctx, input }): Promise<RunExport> {
    const { project, format, versionsOfRuns, ...filter } = input
    const { ids, metrics } = await findFinished(ctx, `${trainingFilter(project, filter)} and status = 'FINISHED'`)
    const dialect = format === 'csv-fr' ? frenchCsv : plainCsv
    return {
      mediaType: 'text/csv; charset=utf-8',
      fileName: `trainings-${project}.csv`,
      parts: partsOf(ctx, { ids, metrics, dialect, versionsOfRuns }),
    }
  },
})

/** The runs that are meant, and every metric that they have. A training that ends meanwhile is not among them. */
async function findFinished(
  ctx: VerbContext,
  filter: string,
): Promise<{ ids: readonly string[]; metrics: readonly string[] }> {
  const ids: string[] = []
  const metrics = new Set<string>()
  let token: string | undefined
  do {
    const more = token === undefined ? {} : { page_token: token }
    const page = await searchRunIds({
      ctx,
      input: { filter, order_by: ['attributes.end_time ASC'], limit: batch, ...more },
    })
    for (const { data } of await getRuns({ ctx, input: { run_ids: [...page.ids] } })) {
      for (const { key } of data.metrics) metrics.add(key)
    }
    if (metrics.size > limit('runs.export_columns_max')) {
      throw new FabriqueError('runs_too_wide', { limit: limit('runs.export_columns_max') })
    }
    ids.push(...page.ids)
    token = page.nextPageToken
  } while (token !== undefined)
  return { ids, metrics: [...metrics].sort() }
}

interface Export {
  readonly ids: readonly string[]
  readonly metrics: readonly string[]
  readonly dialect: CsvDialect
  readonly versionsOfRuns: VersionsOfRuns
}

const columns = [
  'ended_at',
  'run_id',
  'run_name',
  'dataset',
  'snapshot_id',
  'target',
  'estimator',
  'model',
  'version',
] as const

async function* partsOf(ctx: VerbContext, { ids, metrics, dialect, versionsOfRuns }: Export): AsyncGenerator<string> {
  yield dialect.start + csvLine([...columns, ...metrics].map(textCell), dialect)
  for (let start = 0; start < ids.length; start += batch) {
    const runIds = ids.slice(start, start + batch)
    const trainings = await describeTrainings(ctx, { runIds, language: 'en', versionsOfRuns })
    yield trainings
      .map((training) => {
        const { ended_at: ended, metrics: values } = training
        const [, ...names] = columns
        const cells: Cell[] = [
          ended === undefined ? undefined : { kind: 'moment', iso: ended },
          ...names.map((name) => textCell(training[name])),
          ...metrics.map((name) => numberCell(Object.hasOwn(values, name) ? values[name] : undefined)),
        ]
        return csvLine(cells, dialect)
      })
      .join('')
  }
}

function textCell(text: string | undefined): Cell {
  return text === undefined ? undefined : { kind: 'text', text }
}

function numberCell(value: number | undefined): Cell {
  return value === undefined ? undefined : { kind: 'value', text: String(value) }
}
