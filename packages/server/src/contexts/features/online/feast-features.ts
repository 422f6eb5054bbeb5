import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { readValue } from './found-row.js'
import { textsOf } from './get-online-features.js'
import { type KeyRow, momentText, type OnlineFeatures, type OnlineFound } from './online-features.js'

interface FeastRequest {
  readonly entities: Readonly<Record<string, readonly unknown[]>>
  readonly features: readonly string[] | undefined
  readonly service: string | undefined
  readonly fullNames: boolean
  readonly isWithVersions: boolean
}

/** Keys have no time; so has what is not there. */
const noTime = '"1970-01-01T00:00:00Z"'

/**
 * Reads features as clients of Feast ask for them, and gives what its feature server answers, as JSON: column by column, the keys first.
 * Errors: `invalid_request`, `features_project_ambiguous` and those of reading.
 */
export async function getFeastFeatures(
  ctx: VerbContext,
  online: OnlineFeatures,
  { project, body }: { readonly project: string | undefined; readonly body: unknown },
): Promise<string> {
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
  return replyText(found, entities, { fullNames, isWithVersions })
}

function replyText(
  { plan, views }: OnlineFound,
  entities: FeastRequest['entities'],
  { fullNames, isWithVersions }: Pick<FeastRequest, 'fullNames' | 'isWithVersions'>,
): string {
  const metadata = {
    feature_names: [
      ...plan.keyNames,
      ...plan.features.map(({ name, view }) => (fullNames ? `${plan.views[view]?.name}__${name}` : name)),
    ],
    ...(isWithVersions
      ? { feature_view_metadata: plan.views.map(({ name: view, version }) => ({ name: view, version })) }
      : {}),
  }
  const results = plan.keyNames.map((key) => {
    const values = entities[key] ?? []
    const statuses = values.map(() => '"PRESENT"').join()
    const moments = values.map(() => noTime).join()
    return `{"values":${JSON.stringify(values)},"statuses":[${statuses}],"event_timestamps":[${moments}]}`
  })
  const times = views.map((own) =>
    own.map((row) => (row === undefined ? noTime : `"${momentText(row.eventUs)}"`)).join(),
  )
  // Values are handed on as they are stored: to read and write them takes several times as long.
  for (const { view, value: place } of plan.features) {
    const values: string[] = []
    const statuses: string[] = []
    for (const row of views[view] ?? []) {
      const { value, status } = readValue(row, place)
      values.push(value)
      statuses.push(status)
    }
    results.push(
      `{"values":[${values.join()}],"statuses":["${statuses.join('","')}"],"event_timestamps":[${times[view] ?? ''}]}`,
    )
  }
  return `{"metadata":${JSON.stringify(metadata)},"results":[${results.join()}]}`
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
