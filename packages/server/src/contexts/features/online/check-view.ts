import {
  type ConsistencyCheck,
  FabriqueError,
  FeatureListQuery,
  type Job,
  Json,
  type Language,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, fromJsonb, pageOf, readVerb, type VerbContext } from '../../../platform/index.js'
import { type JobHandler, startJob } from '../../jobs/index.js'
import { viewHistory } from '../history/view-history.js'
import { newestSnapshots, openOf, snapshotsById, sourceOf, useSnapshots } from '../history/view-sources.js'
import { scratchTables } from '../join/relation.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import { findView } from '../registry/store.js'
import { beforeUntil } from './before-until.js'
import { stepDeriver } from './derive-steps.js'
import { encodeKey } from './encode-key.js'
import { latestRows } from './latest-rows.js'
import type { MaterializeTools } from './materialize-view.js'
import type { OnlineValue } from './model.js'
import { type StoredValues, stepAt, valueOfJson } from './steps.js'
import { type OnlineVersion, onlineVersions } from './version-store.js'

type CheckTables = {
  feature_checks: {
    id: string
    project: string
    view: string
    version: number
    keys: number
    compared: number
    mismatches: number
    examples: string
    checked_at: Date
  }
}

const checkTables = (ctx: VerbContext) => ctx.db.withTables<CheckTables>()

/** The kind of a job that compares a view online and offline. */
export const checkJobKind = 'features.check'

const CheckJobInput = z.object({ project: z.string(), view: z.string(), keys: z.number().int() })

/** Examples of mismatches that are kept. */
const examplesMax = 20

/** Asks for a sample of keys to be compared online and offline. Errors: `feature_view_not_found`, `feature_view_not_materialized`. */
export const startCheck = changeVerb({
  name: 'features.start_check',
  permission: 'features.write',
  input: CheckJobInput.extend({
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const { language, ...asked } = input
    await checkedVersion(ctx, asked)
    // The job is the change, and records itself.
    unchanged()
    const subject = `feature_views/${asked.project}/${asked.view}`
    return startJob({
      ctx,
      input: { kind: checkJobKind, project: asked.project, subject, input: Json.parse(asked), language },
    })
  },
})

async function checkedVersion(
  ctx: VerbContext,
  { project, view: name }: { readonly project: string; readonly view: string },
): Promise<{ readonly view: AppliedView; readonly online: OnlineVersion; readonly until: Date }> {
  const online = (await onlineVersions(ctx, { project, view: name })).find(({ readable_at }) => readable_at !== null)
  const view = await findView(ctx, { project, name, version: online?.version })
  if (view === undefined) throw new FabriqueError('feature_view_not_found', { project, view: name })
  const until = online?.until ?? null
  if (online === undefined || until === null) {
    throw new FabriqueError('feature_view_not_materialized', { project, view: name })
  }
  return { view, online, until }
}

/**
 * Compares what a sample of keys has online with what their history says of the moment up to which everything is online. Keys that
 * applications sent newer rows of are left out: the data set does not know them.
 */
export function checkJob(tools: Omit<MaterializeTools, 'onProgress'>): JobHandler {
  return async ({ ctx, input }) => {
    const asked = CheckJobInput.parse(input)
    const found = await compareKeys(ctx, asked, tools)
    const { signal: _signal, ...free } = ctx
    const check = await recordCheck({ ctx: free, input: { check: found } })
    return { check_id: check.id, values: check.values, mismatches: check.mismatches }
  }
}

type Compared = Omit<ConsistencyCheck, 'id' | 'checked_at'>

async function compareKeys(
  ctx: VerbContext,
  asked: z.output<typeof CheckJobInput>,
  { store, findCode }: Omit<MaterializeTools, 'onProgress'>,
): Promise<Compared> {
  const { view, online, until } = await checkedVersion(ctx, asked)
  const snapshots =
    online.snapshots === null ? await newestSnapshots(ctx, [view]) : await snapshotsById(ctx, online.snapshots)
  const untilUs = until.getTime() * 1_000
  return useSnapshots(ctx, [...snapshots.values()], async (connection, open) => {
    const tables = scratchTables(connection, ctx.signal)
    try {
      const source = beforeUntil(await sourceOf(connection, view, openOf(open, snapshots)), view, untilUs)
      const history = await viewHistory(tables, view, source, untilUs)
      const latest = await latestRows(tables, history, { untilUs, bucketRows: limit('features.bucket_rows') })
      const derive = stepDeriver(history, findCode)
      const keyNames = Object.keys(latest.keyTypes)
      const columns = keyNames.map((_name, place) => `k${place}`).join(', ')
      // Another sample each time, of which everything says what it was.
      const sampled = await connection.runAndReadAll(
        `select ${columns}, steps from ${latest.table} using sample reservoir(${asked.keys} rows)`,
      )
      const rows = sampled.getRows().map((row) => ({
        keys: row.slice(0, keyNames.length).map((key) => (typeof key === 'boolean' ? key : String(key))),
        key: encodeKey(
          row
            .slice(0, keyNames.length)
            .map((key) => (typeof key === 'bigint' || typeof key === 'boolean' ? key : String(key))),
        ),
        steps: String(row[keyNames.length]),
      }))
      const [there = []] = await store.read([{ version: online.id, keys: rows.map(({ key }) => key) }])
      const names = featuresOf(view.definition).map(({ name }) => name)
      const examples: Compared['examples'] = []
      let values = 0
      let mismatches = 0
      rows.forEach(({ keys, steps }, place) => {
        const offline = stepAt(derive === undefined ? steps : derive(steps), untilUs)
        const text = there[place]
        const stored = text === undefined ? undefined : stepAt(text, untilUs)
        if (stored !== undefined && offline !== undefined && stored.eventUs > offline.eventUs) return
        names.forEach((feature, index) => {
          values += 1
          const storedValue = (step: StoredValues | undefined) => valueOfJson(step?.values[index] ?? 'null')
          const [one, two] = [storedValue(stored), storedValue(offline)]
          if (sameValue(one, two)) return
          mismatches += 1
          if (examples.length >= examplesMax) return
          const named = Object.fromEntries(keyNames.map((name, at) => [name, keys[at] ?? null]))
          examples.push({ keys: named, feature, online: Json.parse(one), offline: Json.parse(two) })
        })
      })
      return {
        project: view.project,
        view: view.name,
        version: view.version,
        keys: rows.length,
        values,
        mismatches,
        examples,
      }
    } finally {
      await tables.dropAll()
    }
  })
}

function sameValue(one: OnlineValue, two: OnlineValue): boolean {
  return one === two || JSON.stringify(one) === JSON.stringify(two)
}

const recordCheck = changeVerb({
  name: 'features.record_check',
  permission: 'features.write',
  input: z.object({ check: z.custom<Compared>() }),
  async run({ ctx, input, record }): Promise<ConsistencyCheck> {
    const { project, view, version, keys, values, mismatches, examples } = input.check
    const id = ctx.ids.prefixed('check')
    const checkedAt = ctx.clock.now()
    await checkTables(ctx)
      .insertInto('feature_checks')
      .values({
        id,
        project,
        view,
        version,
        keys,
        compared: values,
        mismatches,
        examples: JSON.stringify(examples),
        checked_at: checkedAt,
      })
      .execute()
    await sql`
      delete from feature_checks where id in (
        select id from feature_checks where project = ${project} and view = ${view}
        order by checked_at desc, id desc offset ${limit('features.records_kept')}
      )
    `.execute(ctx.db)
    await record({
      subject: `feature_views/${project}/${view}`,
      event: 'feature_view.checked',
      payload: { project, view, version, mismatches },
    })
    return { ...input.check, id, checked_at: checkedAt.toISOString() }
  },
})

/** A page of comparisons, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listChecks = readVerb({
  name: 'features.list_checks',
  permission: 'features.read',
  input: FeatureListQuery.extend({ project: z.string(), view: z.string() }),
  async run({ ctx, input }): Promise<{ items: ConsistencyCheck[]; next_page_token?: string }> {
    const tables = checkTables(ctx)
    let query = tables
      .selectFrom('feature_checks')
      .selectAll()
      .where('project', '=', input.project)
      .where('view', '=', input.view)
      .orderBy('checked_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const token = input.page_token
      const last = await tables
        .selectFrom('feature_checks')
        .select(['id', 'checked_at'])
        .where('id', '=', token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token })
      query = query.where((row) =>
        row.or([
          row('checked_at', '<', last.checked_at),
          row.and([row('checked_at', '=', last.checked_at), row('id', '<', last.id)]),
        ]),
      )
    }
    const { shown, next } = pageOf(await query.execute(), input.limit)
    const items = shown.map(({ compared, examples, checked_at, ...row }) => ({
      ...row,
      values: compared,
      examples: fromJsonb<ConsistencyCheck['examples']>(examples),
      checked_at: checked_at.toISOString(),
    }))
    return { items, ...next }
  },
})
