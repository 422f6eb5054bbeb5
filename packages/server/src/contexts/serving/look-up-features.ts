import {
  FabriqueError,
  type FeatureLookup,
  type FeatureSpec,
  type FeatureStatus,
  type Json,
  type ModelSignature,
  type OnlineReply,
  type OnlineRequest,
  type UsedFeature,
} from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

type Keys = OnlineRequest['keys'][number]

/** Reads the online store: features of one version of a service by key, rows in the order of the keys. */
export type ReadOnline = (request: {
  readonly project: string
  /** As `churn@2`. */
  readonly service: string
  readonly keys: readonly Keys[]
}) => Promise<OnlineReply>

/** A request by key as one by name, and what was found for each row. */
export interface LookedUp {
  readonly body: { readonly features: Row | readonly Row[] }
  readonly used: readonly (readonly UsedFeature[])[]
}

interface Target {
  readonly model: string
  readonly signature: ModelSignature
}

type Row = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Brings the features of a request that names keys, as `{"user_id": "u000001"}`; undefined where it gives the features themselves. What the
 * service does not give stands in the request. Throws `feature_values_missing`, `feature_key_missing`, `features_not_served`, `too_many_rows`,
 * `invalid_request`, and what reading the online store throws.
 */
export async function lookUpFeatures(
  body: unknown,
  target: Target,
  readOnline: ReadOnline | undefined,
): Promise<LookedUp | undefined> {
  const lookup = target.signature.feature_lookup
  if (lookup === undefined || !isRecord(body)) return undefined
  const given = 'features' in body ? body.features : body
  const rows = [given].flat()
  if (!rows.every(isRecord) || rows.length === 0 || !rows.some((row) => namesKeys(row, lookup))) return undefined
  if (rows.length > limit('predict.rows_max')) {
    throw new FabriqueError('too_many_rows', { found: rows.length, limit: limit('predict.rows_max') })
  }
  if (readOnline === undefined) {
    const names = target.signature.features.map(({ name }) => name).join(', ')
    throw new FabriqueError('features_not_served', { model: target.model, names })
  }
  const found = await readAll(rows, lookup, readOnline)
  const specs = target.signature.features.filter(({ name }) => lookup.features.includes(name))
  const filled = rows.map((row, index) => {
    const used = specs.map((spec) => useFeature(spec, found[index] ?? new Map(), lookup))
    const refusal = refusalOf(used, index, { row, lookup })
    if (refusal !== undefined) throw refusal
    return {
      row: { ...restOf(row, lookup), ...Object.fromEntries(used.map(({ name, value }) => [name, value])) },
      used,
    }
  })
  const [first] = filled
  return {
    body: { features: Array.isArray(given) || first === undefined ? filled.map(({ row }) => row) : first.row },
    used: filled.map(({ used }) => used.map(({ isRefused, ...told }) => told)),
  }
}

/** The same for rows of keys, each by itself: its features by name, or why it has none. */
export async function lookUpRows(
  rows: readonly Row[],
  { signature }: Pick<Target, 'signature'>,
  readOnline: ReadOnline,
): Promise<readonly (Readonly<Record<string, Json>> | FabriqueError)[]> {
  const lookup = signature.feature_lookup
  if (lookup === undefined) return rows.map(() => ({}))
  const found = await readAll(rows, lookup, readOnline)
  const specs = signature.features.filter(({ name }) => lookup.features.includes(name))
  return rows.map((row, index) => {
    const used = specs.map((spec) => useFeature(spec, found[index] ?? new Map(), lookup))
    return refusalOf(used, index, { row, lookup }) ?? Object.fromEntries(used.map(({ name, value }) => [name, value]))
  })
}

/** A row names keys and not the features of the service; where it names both, it is checked as one by name, and refused. */
function namesKeys(row: Row, { keys, features }: FeatureLookup): boolean {
  return keys.some((key) => Object.hasOwn(row, key)) && !features.some((name) => Object.hasOwn(row, name))
}

/** What a request says beside its keys: features that the service does not give. A key may be one of them. */
function restOf(row: Row, { keys, features }: FeatureLookup): Row {
  const isLookedUp = (name: string) => keys.includes(name) || features.includes(name)
  return Object.fromEntries(Object.entries(row).filter(([name]) => !isLookedUp(name)))
}

function keysOf(row: Row, index: number, { service, keys }: FeatureLookup): Keys {
  const given: [string, Keys[string]][] = []
  for (const key of keys) {
    if (!Object.hasOwn(row, key)) {
      const field = `features[${index}].${key}`
      throw new FabriqueError(
        'feature_key_missing',
        { row: index, key, view: service, keys: keys.join(', ') },
        { field },
      )
    }
    const value = row[key]
    if (value !== null && typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      const field = `features[${index}].${key}`
      throw new FabriqueError(
        'invalid_request',
        { field, reason: 'must be a text, a number, true or false' },
        { field },
      )
    }
    given.push([key, value])
  }
  return Object.fromEntries(given)
}

/** One feature as the online store has it. */
interface Found {
  readonly view: string
  readonly value: Json
  readonly status: FeatureStatus
  readonly event_time: string | null
  readonly age_seconds: number | null
}

async function readAll(
  rows: readonly Row[],
  lookup: FeatureLookup,
  readOnline: ReadOnline,
): Promise<readonly ReadonlyMap<string, Found>[]> {
  const keys = rows.map((row, index) => keysOf(row, index, lookup))
  const { project, service, service_version } = lookup
  const found: ReadonlyMap<string, Found>[] = []
  const atOnce = limit('features.online_rows_max')
  for (let start = 0; start < keys.length; start += atOnce) {
    const reply = await readOnline({
      project,
      service: `${service}@${service_version}`,
      keys: keys.slice(start, start + atOnce),
    })
    for (const row of reply.rows) {
      found.push(
        new Map(
          reply.features.map(({ name, view }, index) => [
            name,
            {
              view,
              value: row.values[index] ?? null,
              status: row.statuses[index] ?? 'NOT_FOUND',
              event_time: row.event_times[index] ?? null,
              age_seconds: row.age_seconds[index] ?? null,
            },
          ]),
        ),
      )
    }
  }
  return found
}

interface Using extends UsedFeature {
  readonly isRefused: boolean
}

/** What the model is given for a feature, by its policy. A value that is known to be missing is one, as it was in training. */
function useFeature(spec: FeatureSpec, found: ReadonlyMap<string, Found>, lookup: FeatureLookup): Using {
  const { name } = spec
  const { view = '', value = null, status = 'NOT_FOUND', event_time = null, age_seconds = null } = found.get(name) ?? {}
  const told = { name, view, status, event_time, age_seconds, isRefused: false }
  if (status === 'PRESENT') return { ...told, value: taken(value, spec) }
  if (lookup.on_missing === 'default' && Object.hasOwn(lookup.defaults, name)) {
    return { ...told, value: lookup.defaults[name] ?? null, replaced: 'default' }
  }
  if (status === 'NULL_VALUE') return { ...told, value: null }
  if (lookup.on_missing === 'null') return { ...told, value: null, replaced: 'null' }
  return { ...told, value: null, isRefused: true }
}

/** The store has NaN as a text; training took it as missing. */
function taken(value: Json, { type }: FeatureSpec): Json {
  return value === 'NaN' && type !== 'text' && type !== 'category' ? null : value
}

const reasons: Readonly<Record<FeatureStatus, { readonly en: string; readonly fr: string }>> = {
  PRESENT: { en: 'is there', fr: 'est là' },
  NULL_VALUE: { en: 'has no value', fr: 'n’a pas de valeur' },
  NOT_FOUND: { en: 'has no values for it', fr: 'n’a pas de valeurs pour elle' },
  OUTSIDE_MAX_AGE: { en: 'has values that are too old', fr: 'a des valeurs trop anciennes' },
}

function refusalOf(
  used: readonly Using[],
  index: number,
  { row, lookup }: { readonly row: Row; readonly lookup: FeatureLookup },
): FabriqueError | undefined {
  const refused = used.filter(({ isRefused }) => isRefused)
  const [first] = refused
  if (first === undefined) return undefined
  const views = new Map(refused.map(({ view, status }) => [`${view} ${status}`, { view, status }]))
  const tell = (language: 'en' | 'fr') =>
    [...views.values()].map(({ view, status }) => `${view} ${reasons[status][language]} (${status})`).join('; ')
  const keys = JSON.stringify(keysOf(row, index, lookup)).slice(0, 300)
  return new FabriqueError(
    'feature_values_missing',
    { row: index, keys, reason: tell('en'), reason_fr: tell('fr') },
    { field: lookup.keys[0] ?? 'features' },
  )
}
