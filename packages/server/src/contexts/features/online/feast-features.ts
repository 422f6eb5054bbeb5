import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { readValue } from './found-row.js'
import { textsOf } from './get-online-features.js'
import { type KeyRow, momentText, type OnlineFeatures } from './online-features.js'

/** What the feature server of Feast answers: column by column, the keys first. */
export interface FeastReply {
  readonly metadata: {
    readonly feature_names: readonly string[]
    readonly feature_view_metadata?: readonly { readonly name: string; readonly version: number }[]
  }
  readonly results: readonly {
    readonly values: readonly unknown[]
    readonly statuses: readonly string[]
    readonly event_timestamps: readonly string[]
  }[]
}

interface FeastRequest {
  readonly entities: Readonly<Record<string, readonly unknown[]>>
  readonly features: readonly string[] | undefined
  readonly service: string | undefined
  readonly fullNames: boolean
  readonly isWithVersions: boolean
}

/** Keys have no time; so has what is not there. */
const noTime = '1970-01-01T00:00:00Z'

/** Reads features as clients of Feast ask for them. Errors: `invalid_request`, `features_project_ambiguous` and those of reading. */
export async function getFeastFeatures(
  ctx: VerbContext,
  online: OnlineFeatures,
  { project, body }: { readonly project: string | undefined; readonly body: unknown },
): Promise<FeastReply> {
  const { entities, features, service, fullNames, isWithVersions } = parseRequest(body)
  const rows = rowsOf(entities)
  const selection = { service, features }
  const name = service?.split('@')[0] ?? features?.[0]?.split(':')[0] ?? ''
  const kind = service === undefined ? 'feature_views' : 'feature_services'
  const found = await online.read(ctx, {
    project: project ?? (await online.projectOf(ctx, kind, name)),
    selection,
    rows,
    fullNames,
  })
  const { plan, views } = found
  const times = views.map((own) => own.map((row) => (row === undefined ? noTime : momentText(row.eventUs))))
  const present = rows.map(() => 'PRESENT')
  const never = rows.map(() => noTime)
  return {
    metadata: {
      feature_names: [
        ...plan.keyNames,
        ...plan.features.map(({ name: own, view }) => (fullNames ? `${plan.views[view]?.name}__${own}` : own)),
      ],
      ...(isWithVersions
        ? { feature_view_metadata: plan.views.map(({ name: view, version }) => ({ name: view, version })) }
        : {}),
    },
    results: [
      ...plan.keyNames.map((key) => ({ values: entities[key] ?? [], statuses: present, event_timestamps: never })),
      ...plan.features.map(({ view, value: place }) => {
        const values: unknown[] = []
        const statuses: string[] = []
        for (const row of views[view] ?? []) {
          const { value, status } = readValue(row, place)
          values.push(value)
          statuses.push(status)
        }
        return { values, statuses, event_timestamps: times[view] ?? [] }
      }),
    ],
  }
}

function parseRequest(body: unknown): FeastRequest {
  if (typeof body !== 'object' || body === null) throw wrong('body', 'expected object')
  const given: Readonly<Record<string, unknown>> = { ...body }
  const { entities, features, feature_service, full_feature_names } = given
  if (typeof entities !== 'object' || entities === null || Object.keys(entities).length === 0) {
    throw wrong('entities', 'must have a list of values for each key')
  }
  if (feature_service !== undefined && feature_service !== null && typeof feature_service !== 'string') {
    throw wrong('feature_service', 'must be a text')
  }
  if (full_feature_names !== undefined && typeof full_feature_names !== 'boolean') {
    throw wrong('full_feature_names', 'must be true or false')
  }
  // Clients send null, or a list of nothing, for what they do not ask by; a service counts before features.
  const service = feature_service === null || feature_service === '' ? undefined : feature_service
  return {
    entities: listsOf(entities),
    features: service === undefined ? textsOf(features ?? []) : undefined,
    service,
    fullNames: full_feature_names ?? false,
    isWithVersions: given.include_feature_view_version_metadata === true,
  }
}

function listsOf(entities: object): FeastRequest['entities'] {
  const lists: Record<string, readonly unknown[]> = {}
  let length: number | undefined
  for (const [key, given] of Object.entries(entities)) {
    // In the form of its proto a list is in a field of its own.
    const list: unknown = Array.isArray(given) ? given : given?.val
    if (!Array.isArray(list)) throw wrong(`entities.${key}`, 'must be a list')
    length ??= list.length
    if (list.length !== length) throw wrong(`entities.${key}`, `must have ${length} values as the others`)
    lists[key] = list
  }
  if (length === 0) throw wrong('entities', 'must have at least one row')
  return lists
}

function rowsOf(entities: FeastRequest['entities']): readonly KeyRow[] {
  const names = Object.keys(entities)
  const [first = []] = Object.values(entities)
  return first.map((_value, place) => Object.fromEntries(names.map((name) => [name, entities[name]?.[place]])))
}

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}
