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
  readonly used: readonly UsedFeature[][]
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
  const specs = lookedUpSpecs(target.signature, lookup)
  const used = rows.map((row, index) => useRow(specs, found, { row, index, lookup }))
  const filled = rows.map((row, index) => {
    const values: Record<string, unknown> = restOf(row, lookup)
    for (const { name, value } of used[index] ?? []) setOwn(values, name, value)
    return values
  })
  const [first] = filled
  return { body: { features: Array.isArray(given) || first === undefined ? filled : first }, used }
}

/** A name may be one that an object sets its prototype by. */
function setOwn(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
  else row[name] = value
}

/** The features that a service gives, found once for each signature. */
const specsOfSignatures = new WeakMap<ModelSignature, readonly FeatureSpec[]>()

function lookedUpSpecs(signature: ModelSignature, { features }: FeatureLookup): readonly FeatureSpec[] {
  const known = specsOfSignatures.get(signature)
  if (known !== undefined) return known
  const specs = signature.features.filter(({ name }) => features.includes(name))
  specsOfSignatures.set(signature, specs)
  return specs
}

interface AskedRow {
  readonly row: Row
  readonly index: number
  readonly lookup: FeatureLookup
}

/** What the model is given for a row. Throws `feature_values_missing`. */
function useRow(specs: readonly FeatureSpec[], found: FoundRows, { row, index, lookup }: AskedRow): UsedFeature[] {
  const own = found.at(index)
  const used = specs.map((spec) => useFeature(spec, own, lookup))
  if (used.some(isRefused)) throw refusalOf(used.filter(isRefused), index, { row, lookup })
  return used
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
  const specs = lookedUpSpecs(signature, lookup)
  return rows.map((row, index) => {
    const own = found.at(index)
    const used = specs.map((spec) => useFeature(spec, own, lookup))
    const refused = used.filter(isRefused)
    if (refused.length > 0) return refusalOf(refused, index, { row, lookup })
    return Object.fromEntries(used.map(({ name, value }) => [name, value]))
  })
}

/** A row names keys and not the features of the service; where it names both, it is checked as one by name, and refused. */
function namesKeys(row: Row, { keys, features }: FeatureLookup): boolean {
  return keys.some((key) => Object.hasOwn(row, key)) && !features.some((name) => Object.hasOwn(row, name))
}

/** What a request says beside its keys: features that the service does not give. A key may be one of them. */
function restOf(row: Row, { keys, features }: FeatureLookup): Record<string, unknown> {
  const rest: Record<string, unknown> = {}
  for (const name of Object.keys(row)) {
    if (!keys.includes(name) && !features.includes(name)) setOwn(rest, name, row[name])
  }
  return rest
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

/** What the online store has of one row. */
interface FoundRow {
  readonly features: OnlineReply['features']
  readonly row: OnlineReply['rows'][number]
  readonly places: ReadonlyMap<string, number>
}

/** Where each feature stands, by the list of them: a service has one for thousands of replies. */
const placesOfFeatures = new WeakMap<OnlineReply['features'], ReadonlyMap<string, number>>()

function placesOf(features: OnlineReply['features']): ReadonlyMap<string, number> {
  const known = placesOfFeatures.get(features)
  if (known !== undefined) return known
  const places = new Map(features.map(({ name }, place) => [name, place]))
  placesOfFeatures.set(features, places)
  return places
}

/** What the online store has of rows. */
class FoundRows {
  private readonly replies: OnlineReply[] = []
  private readonly atOnce: number

  constructor(atOnce: number) {
    this.atOnce = atOnce
  }

  add(reply: OnlineReply): void {
    this.replies.push(reply)
  }

  at(index: number): FoundRow | undefined {
    const reply = this.replies[Math.floor(index / this.atOnce)]
    const row = reply?.rows[index % this.atOnce]
    if (reply === undefined || row === undefined) return undefined
    return { features: reply.features, row, places: placesOf(reply.features) }
  }
}

async function readAll(rows: readonly Row[], lookup: FeatureLookup, readOnline: ReadOnline): Promise<FoundRows> {
  const keys = rows.map((row, index) => keysOf(row, index, lookup))
  const { project, service, service_version } = lookup
  const atOnce = limit('features.online_rows_max')
  const found = new FoundRows(atOnce)
  for (let start = 0; start < keys.length; start += atOnce) {
    const part = keys.length <= atOnce ? keys : keys.slice(start, start + atOnce)
    found.add(await readOnline({ project, service: `${service}@${service_version}`, keys: part }))
  }
  return found
}

/** What the model is given for a feature, by its policy. A value that is known to be missing is one, as it was in training. */
function useFeature(spec: FeatureSpec, found: FoundRow | undefined, lookup: FeatureLookup): UsedFeature {
  const { name } = spec
  const place = found?.places.get(name) ?? -1
  const row = found?.row
  const status = row?.statuses[place] ?? 'NOT_FOUND'
  const used: UsedFeature = {
    name,
    view: found?.features[place]?.view ?? '',
    status,
    event_time: row?.event_times[place] ?? null,
    age_seconds: row?.age_seconds[place] ?? null,
    value: null,
  }
  const value = row?.values[place] ?? null
  if (status === 'PRESENT') used.value = taken(value, spec)
  else if (lookup.on_missing === 'default' && Object.hasOwn(lookup.defaults, name)) {
    used.value = lookup.defaults[name] ?? null
    used.replaced = 'default'
  } else if (status !== 'NULL_VALUE' && lookup.on_missing === 'null') used.replaced = 'null'
  return used
}

/** Nothing that may be given was found, and nothing may stand for it. */
function isRefused({ status, replaced }: UsedFeature): boolean {
  return status !== 'PRESENT' && status !== 'NULL_VALUE' && replaced === undefined
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
  refused: readonly UsedFeature[],
  index: number,
  { row, lookup }: { readonly row: Row; readonly lookup: FeatureLookup },
): FabriqueError {
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
