import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import {
  invalidPageToken,
  pageStartOf,
  pageTokenAfter,
  pageTokenOf,
  parseCondition,
  parseOrderBy,
  queryDigest,
} from '../../platform/mlflow/index.js'
import { runCondition } from './run-columns.js'
import { afterRow, areValuesOf, orderBy, orderPhases, type Phase, wholeOrder } from './run-order.js'
import { revisionOf } from './run-texts.js'
import type { ViewType } from './schema.js'
import { type Condition, conditionOf } from './search-sql.js'
import { withinTime } from './search-time.js'

/** Which runs are meant, whatever their order. */
export interface RunScope {
  /** All experiments where absent. */
  readonly experimentIds: readonly string[] | undefined
  readonly view: ViewType
  readonly filter: string
}

export interface RunQuery extends RunScope {
  readonly orderBy: readonly string[]
  readonly size: number
  readonly pageToken: string | undefined
}

/** A run of a page, with what it is at for the search that found it: see `revisionOf`. */
export interface FoundRun {
  readonly id: string
  readonly revision: string
}

export interface FoundRuns {
  readonly runs: readonly FoundRun[]
  readonly nextPageToken: string | undefined
}

/** A row of the statement: beside the run, the values that it is sorted by, as `k0`, `k1` and so on. */
type FoundRow = FoundRun & { readonly [column: `k${number}`]: string | null }

/** More experiments than this are not read one by one along their indexes. */
const separateMax = 200

/** The condition of a scope on `runs r`. Throws `filter_invalid`. */
export function scopeCondition({ experimentIds, view, filter }: RunScope): Condition {
  return sql.join<boolean>([experimentsAre(experimentIds), stageIs(view), ...filterConditions(filter)], sql` and `)
}

function filterConditions(filter: string): readonly Condition[] {
  const parsed = parseCondition(filter)
  return parsed === undefined ? [] : [conditionOf(parsed, runCondition)]
}

function experimentsAre(ids: readonly string[] | undefined): Condition {
  if (ids === undefined) return sql`true`
  const [only] = ids
  if (ids.length === 1 && only !== undefined) return sql`r.experiment_id = ${only}::bigint`
  return sql`r.experiment_id = any(${[...ids]}::bigint[])`
}

const stagesOf = (view: ViewType) =>
  view === 'ALL' ? ['active', 'deleted'] : view === 'ACTIVE_ONLY' ? ['active'] : ['deleted']

function stageIs(view: ViewType): Condition {
  const [only, second] = stagesOf(view)
  return second === undefined ? sql`r.lifecycle_stage = ${only}` : sql`true`
}

/**
 * One page of the ids of runs. The page after a row is found along the index by the values of that row, so the last page
 * costs what the first does. Throws `filter_invalid`, `page_token_invalid`.
 */
export async function findRuns(ctx: VerbContext, query: RunQuery): Promise<FoundRuns> {
  const terms = parseOrderBy(query.orderBy, { aggregates: true })
  const filter = filterConditions(query.filter)
  const experimentIds = await separateExperiments(ctx, query.experimentIds)
  const digest = queryDigest([query.experimentIds ?? null, query.view, query.filter, query.orderBy])
  const start = pageStartOf(query.pageToken, digest)
  const read = (phase: Phase, more: { readonly after?: Condition; readonly offset?: number; readonly size: number }) =>
    readPhase(ctx, { ...query, experimentIds }, { ...phase, where: [...phase.where, ...filter] }, more)
  if (start?.kind === 'offset') {
    const rows = await read(wholeOrder(terms), { offset: start.offset, size: query.size + 1 })
    return pageOf(rows, query.size, () => pageTokenOf(start.offset + query.size))
  }
  return readPhases(orderPhases(terms), { start, size: query.size, digest, token: query.pageToken }, read)
}

function pageOf<Row extends FoundRow>(rows: readonly Row[], size: number, tokenOf: (last: Row) => string): FoundRuns {
  const page = rows.slice(0, size)
  const last = page.at(-1)
  const nextPageToken = rows.length > size && last !== undefined ? tokenOf(last) : undefined
  return { runs: page.map(({ id, revision }) => ({ id, revision })), nextPageToken }
}

async function readPhases(
  phases: readonly Phase[],
  page: {
    readonly start: { readonly phase: number; readonly values: readonly (string | null)[] } | undefined
    readonly size: number
    readonly digest: string
    readonly token: string | undefined
  },
  read: (phase: Phase, more: { readonly after?: Condition; readonly size: number }) => Promise<readonly FoundRow[]>,
): Promise<FoundRuns> {
  const { start, size } = page
  const rows: FoundRow[] = []
  const rowPhases: number[] = []
  for (const [number, phase] of phases.entries()) {
    if (start !== undefined && number < start.phase) continue
    if (rows.length > size) break
    const isStart = start?.phase === number
    if (isStart && !areValuesOf(phase.columns, start.values)) throw invalidPageToken(page.token ?? '')
    const after = isStart ? { after: afterRow(phase.columns, start.values) } : {}
    const found = await read(phase, { ...after, size: size + 1 - rows.length })
    for (const row of found) {
      rows.push(row)
      rowPhases.push(number)
    }
  }
  if (start !== undefined && start.phase >= phases.length) throw invalidPageToken(page.token ?? '')
  return pageOf(rows, size, (last) => {
    const number = rowPhases[size - 1] ?? 0
    const columns = phases[number]?.columns ?? []
    return pageTokenAfter(page.digest, { phase: number, values: columns.map((_, index) => last[`k${index}`] ?? null) })
  })
}

/** Every experiment by its id, where none was named and they are few: only then an index has their runs in order. */
async function separateExperiments(
  ctx: VerbContext,
  ids: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  if (ids !== undefined) return [...new Set(ids)]
  const { rows } = await sql<{ id: string }>`
    select id::text as id from experiments limit ${separateMax + 1}
  `.execute(ctx.db)
  return rows.length > separateMax ? undefined : rows.map(({ id }) => id)
}

async function readPhase(
  ctx: VerbContext,
  scope: Pick<RunScope, 'experimentIds' | 'view'>,
  phase: Phase,
  { after, offset, size }: { readonly after?: Condition; readonly offset?: number; readonly size: number },
): Promise<readonly FoundRow[]> {
  const names = phase.columns.map((_, index) => sql.ref(`k${index}`))
  const texts = sql.join(names.map((name) => sql`found.${name}::text as ${name}`))
  // Not the texts, which have the same names.
  const inOrder = names.map((name) => sql`found.${name}`)
  const page = sql`limit ${(offset ?? 0) + size}`
  const inner = (more: readonly Condition[]): RawBuilder<unknown> => sql`
    select r.id as run_id, r.changed_tx, ${sql.join(phase.columns.map(({ expression }, index) => sql`${expression} as ${names[index]}`))}
    from runs r ${phase.joins}
    where ${sql.join([...more, ...phase.where, ...(after === undefined ? [] : [after])], sql` and `)}
    order by ${orderBy(phase.columns)} ${page}`
  const query = sql<FoundRow>`
    select found.run_id as id, ${texts}, ${revisionOf(sql`found`, sql`found.run_id`)} as revision
    from (${scoped(scope, phase, inner)}) found
    order by ${orderBy(phase.columns, inOrder)} limit ${size} offset ${offset ?? 0}
  `
  const { rows } = await withinTime(() => query.execute(ctx.db))
  return rows
}

/** The rows of a phase in a scope: of each experiment along its index where that has them in order, else of all. */
function scoped(
  { experimentIds, view }: Pick<RunScope, 'experimentIds' | 'view'>,
  phase: Phase,
  inner: (more: readonly Condition[]) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  const stages = stagesOf(view)
  const byStage = phase.orderedBy === 'experiment_and_stage' && stages.length > 1
  const count = experimentIds?.length ?? Number.POSITIVE_INFINITY
  const isSeparate = phase.orderedBy !== 'nothing' && count <= separateMax && (count > 1 || byStage)
  if (!isSeparate || experimentIds === undefined) return inner([experimentsAre(experimentIds), stageIs(view)])
  const stage: Condition = byStage ? sql`r.lifecycle_stage = scope.stage` : stageIs(view)
  return sql`
    select f.* from (
      select e.id, g.stage from unnest(${[...experimentIds]}::bigint[]) e (id)
      cross join unnest(${byStage ? stages : ['any']}::text[]) g (stage)
    ) scope cross join lateral (${inner([sql`r.experiment_id = scope.id`, stage])}) f`
}
