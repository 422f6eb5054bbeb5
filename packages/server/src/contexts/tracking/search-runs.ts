import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { checkedExperimentId } from './checks.js'
import { wireTexts } from './kept-run-texts.js'
import type { Run } from './model.js'
import { type FoundRun, type FoundRuns, findRuns, type RunScope } from './run-query.js'
import { selectRuns } from './run-store.js'
import type { RunTexts } from './run-texts.js'
import { RunSelection, SearchRuns, Text, viewTypes } from './schema.js'

export interface RunPage {
  readonly runs: readonly Run[]
  readonly next_page_token?: string
}

/** Runs read at once: a longer page is read and sent in parts of this size. */
export const runsAtOnce = 1000

/**
 * Runs of some experiments by the search language (`docs/search.md`), newest first unless `order_by` says otherwise.
 * Throws `filter_invalid`, `page_token_invalid`, `mlflow_invalid_value`, `search_too_slow`.
 */
export const searchRuns = readVerb({
  name: 'tracking.search_runs',
  permission: 'runs.read',
  input: SearchRuns,
  async run({ ctx, input }): Promise<RunPage> {
    const { runs: found, nextPageToken } = await findPage(ctx, input)
    const runs: Run[] = []
    const read = (some: readonly FoundRun[]) =>
      selectRuns(
        ctx,
        some.map(({ id }) => id),
      )
    for await (const part of inParts(found, read)) runs.push(...part)
    return nextPageToken === undefined ? { runs } : { runs, next_page_token: nextPageToken }
  },
})

/** The same search; its runs come as JSON texts of the protocol, in parts that are read while the earlier ones are sent. */
export const searchRunTexts = readVerb({
  name: 'tracking.search_run_texts',
  permission: 'runs.read',
  input: SearchRuns,
  async run({ ctx, input }): Promise<RunTexts> {
    const { runs, nextPageToken } = await findPage(ctx, input)
    return { count: runs.length, parts: inParts(runs, (some) => wireTexts(ctx, some)), nextPageToken }
  },
})

/** Ids of the runs that match, for readers that show them in their own way. Throws as `searchRuns` does. */
export const searchRunIds = readVerb({
  name: 'tracking.search_run_ids',
  permission: 'runs.read',
  input: RunSelection.extend({
    order_by: z.array(Text).default([]),
    limit: z.number().int().min(1).max(limit('list.page_max')),
    page_token: Text.optional(),
  }),
  async run({ ctx, input }): Promise<{ ids: readonly string[]; nextPageToken: string | undefined }> {
    const { runs, nextPageToken } = await findRuns(ctx, {
      ...checkedScope(input),
      orderBy: input.order_by,
      size: input.limit,
      pageToken: input.page_token,
    })
    return { ids: runs.map(({ id }) => id), nextPageToken }
  },
})

/** The scope of a selection of our own API. Throws `mlflow_invalid_value` for ids that cannot be. */
export function checkedScope({ experiment_ids, view, filter }: RunSelection): RunScope {
  const experimentIds = experiment_ids?.map((id, index) => checkedExperimentId(id, `experiment_ids[${index}]`))
  return { experimentIds, view: viewTypes[view], filter }
}

function findPage(ctx: VerbContext, input: z.output<typeof SearchRuns>): Promise<FoundRuns> {
  return findRuns(ctx, {
    experimentIds: input.experiment_ids.map((id, index) => checkedExperimentId(id, `experiment_ids[${index}]`)),
    view: input.run_view_type,
    filter: input.filter,
    orderBy: input.order_by,
    size: checkedPageSize(input.max_results, limit('mlflow.runs_page_max')),
    pageToken: input.page_token,
  })
}

/** Reads a list in parts, each while the one before is being used. */
async function* inParts<Part>(
  runs: readonly FoundRun[],
  read: (some: readonly FoundRun[]) => Promise<Part>,
): AsyncGenerator<Part> {
  if (runs.length === 0) return
  let next: Promise<Part> | undefined = read(runs.slice(0, runsAtOnce))
  for (let start = runsAtOnce; next !== undefined; start += runsAtOnce) {
    const part: Part = await next
    next = start < runs.length ? read(runs.slice(start, start + runsAtOnce)) : undefined
    // It is awaited in the next round; until then a failure is not an unhandled one.
    next?.catch(() => {})
    yield part
  }
}

/** Throws `mlflow_page_size_invalid`. */
export function checkedPageSize(size: number, max: number): number {
  if (size >= 1 && size <= max) return size
  const wanted = size < 1 ? 'a positive integer' : `at most ${max}`
  throw new FabriqueError('mlflow_page_size_invalid', { value: size, wanted }, { field: 'max_results' })
}
