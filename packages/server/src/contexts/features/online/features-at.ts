import { FabriqueError, type FeaturesAtReply, FeaturesAtRequest } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb, sqlText } from '../../../platform/index.js'
import { codedFeatures, viewHistory } from '../history/view-history.js'
import { newestSnapshots, openOf, sourceOf, useSnapshots } from '../history/view-sources.js'
import type { Relation } from '../join/model.js'
import { columnOf, type ScratchTables, scratchTables } from '../join/relation.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import { type SelectedView, selectFeatures } from '../registry/select-features.js'
import { beforeUntil } from './before-until.js'
import { castKey, encodeKey, type KeyPart } from './encode-key.js'
import { type FoundRow, foundAt } from './found-row.js'
import { latestRows } from './latest-rows.js'
import { onlineReply } from './online-reply.js'
import { type PlannedView, type ReadPlan, refuseClash } from './read-plan.js'

type Keys = FeaturesAtRequest['keys']

/**
 * Features by key as they were at a moment, of the newest snapshots: the history that training sets and the online store are made of, for
 * these keys only. What code of the project derives is not computed, as this process does not have it. Errors: those of `selectFeatures`,
 * `sourceOf` and `viewHistory`, `feature_source_missing`, `feature_name_clash`, `feature_key_missing`, `feature_key_type`, `invalid_request`.
 */
export const featuresAt = readVerb({
  name: 'features.features_at',
  permission: 'features.read',
  input: FeaturesAtRequest.extend({ project: z.string() }),
  async run({ ctx, input }): Promise<FeaturesAtReply> {
    const { keys, at } = input
    const { views: selected } = await selectFeatures(ctx, input)
    const views = selected.map(({ view }) => view)
    const plan = planOf(selected)
    refuseClash(plan)
    requireKeys(views, keys)
    const snapshots = await newestSnapshots(ctx, views)
    const atUs = Date.parse(at) * 1_000
    const found = await useSnapshots(ctx, [...snapshots.values()], async (connection, open) => {
      const tables = scratchTables(connection, ctx.signal)
      const sources = openOf(open, snapshots)
      try {
        const rows: (readonly (FoundRow | undefined)[])[] = []
        for (const view of views) {
          const source = beforeUntil(await sourceOf(connection, view, sources), view, atUs)
          rows.push(await rowsAt(tables, view, { source, keys, atUs }))
        }
        return rows
      } finally {
        await tables.dropAll()
      }
    })
    return { ...onlineReply({ plan, views: found }, keys), not_computed: codedNames(selected) }
  },
})

/** What a reply is made by; no view of it is read from the store. */
function planOf(selected: readonly SelectedView[]): ReadPlan {
  const views = selected.map(
    ({ view: { name, version, keys } }): PlannedView => ({
      name,
      version,
      id: 0,
      keys: keys.map((key) => ({ name: key.name, type: key.type })),
      ttlUs: undefined,
    }),
  )
  return {
    views,
    features: selected.flatMap(({ view: { definition }, features }, view) => {
      const own = featuresOf(definition).map(({ name }) => name)
      return features.map(({ name, as }) => ({ name: as, feature: name, view, value: own.indexOf(name) }))
    }),
    keyNames: [...new Set(views.flatMap(({ keys }) => keys.map(({ name }) => name)))],
  }
}

/** The features that only code can tell, under the names that they get. */
function codedNames(selected: readonly SelectedView[]): string[] {
  return selected.flatMap(({ view, features }) => {
    const coded = codedFeatures(view.definition).map(({ name }) => name)
    return features.filter(({ name }) => coded.includes(name)).map(({ as }) => as)
  })
}

function requireKeys(views: readonly AppliedView[], rows: Keys): void {
  for (const { name: view, keys } of views) {
    rows.forEach((row, place) => {
      const missing = keys.find(({ name }) => !Object.hasOwn(row, name))
      if (missing === undefined) return
      throw new FabriqueError(
        'feature_key_missing',
        { row: place + 1, key: missing.name, view, keys: keys.map(({ name }) => name).join(', ') },
        { field: `keys.${place}.${missing.name}` },
      )
    })
  }
}

/** Rows of the source that may be of the keys: they are told apart exactly later. */
function ofKeys(source: Relation, view: AppliedView, rows: Keys): Relation {
  const conditions = rows.flatMap((row) => {
    const parts = view.keys.map(({ name, column }) => {
      const value = row[name]
      return value === null || value === undefined ? 'false' : `${textSql(source, column)} = ${sqlText(String(value))}`
    })
    return parts.includes('false') ? [] : [`(${parts.join(' and ')})`]
  })
  // The engine takes no statement with this character in it.
  if (conditions.some((condition) => condition.includes('\0'))) return source
  return { ...source, from: `(select * from ${source.from} where ${conditions.join(' or ') || 'false'})` }
}

/** A key as text; whole numbers without a fraction, whatever type they have. */
function textSql(source: Relation, name: string): string {
  const { sql, type } = columnOf(source, name)
  return /^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type) ? `try_cast(${sql} as hugeint)::varchar` : `${sql}::varchar`
}

interface RowsAt {
  readonly source: Relation
  readonly keys: Keys
  readonly atUs: number
}

/** What each row finds in a view at the moment, of a source without later rows. Throws what `viewHistory` throws, and `feature_key_type`. */
export async function rowsAt(
  tables: ScratchTables,
  view: AppliedView,
  { source, keys, atUs }: RowsAt,
): Promise<readonly (FoundRow | undefined)[]> {
  const { ttl_seconds: ttl } = view.definition
  const history = await viewHistory(tables, view, ofKeys(source, view, keys), atUs)
  const latest = await latestRows(tables, history, { untilUs: atUs, bucketRows: limit('features.bucket_rows') })
  const names = view.keys.map((_key, place) => `k${place}`)
  const read = await tables.connection.runAndReadAll(`select ${names.join(', ')}, steps from ${latest.table}`)
  const steps = new Map(
    read.getRows().map((row) => [encodeKey(row.slice(0, names.length).map(keyPart)), String(row[names.length])]),
  )
  return keys.map((row) => {
    const parts = view.keys.map(({ name }) => castKey(row[name], { name, type: latest.keyTypes[name] }, view.name))
    const known = parts.filter((part) => part !== undefined)
    const text = known.length === parts.length ? steps.get(encodeKey(known)) : undefined
    if (text === undefined) return undefined
    return foundAt(text, { atUs, validUs: atUs, ttlUs: ttl === null ? undefined : Math.round(ttl * 1_000_000) })
  })
}

/** Keys are whole numbers, truth values or texts. */
function keyPart(value: unknown): KeyPart {
  return typeof value === 'bigint' || typeof value === 'boolean' ? value : String(value)
}
