import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { checkedExperimentId } from './checks.js'
import type { Run } from './model.js'
import { type FoundRuns, findRuns, type RunScope } from './run-query.js'
import { selectRuns } from './run-store.js'
import { type RunTexts, selectWireTexts } from './run-texts.js'
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
    const { ids, nextPageToken } = await findPage(ctx, input)
    const runs: Run[] = []
    for await (const part of inParts(ids, (some) => selectRuns(ctx, some))) runs.push(...part)
    return nextPageToken === undefined ? { runs } : { runs, next_page_token: nextPageToken }
  },
})

/** The same search; its runs come as JSON texts of the protocol, in parts that are read while the earlier ones are sent. */
export const searchRunTexts = readVerb({
  name: 'tracking.search_run_texts',
  permission: 'runs.read',
  input: SearchRuns,
  async run({ ctx, input }): Promise<RunTexts> {
    const { ids, nextPageToken } = await findPage(ctx, input)
    return { count: ids.length, parts: inParts(ids, (some) => selectWireTexts(ctx, some)), nextPageToken }
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
  run: ({ ctx, input }): Promise<FoundRuns> =>
    findRuns(ctx, {
      ...checkedScope(input),
      orderBy: input.order_by,
      size: input.limit,
      pageToken: input.page_token,
    }),
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
  ids: readonly string[],
  read: (some: readonly string[]) => Promise<Part>,
): AsyncGenerator<Part> {
  if (ids.length === 0) return
  let next: Promise<Part> | undefined = read(ids.slice(0, runsAtOnce))
  for (let start = runsAtOnce; next !== undefined; start += runsAtOnce) {
    const part: Part = await next
    next = start < ids.length ? read(ids.slice(start, start + runsAtOnce)) : undefined
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
