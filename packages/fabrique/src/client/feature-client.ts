import type { FeatureStatus, OnlineReply, OnlineRequest, PushReply, PushRequest } from '@fabrique/contract'
import type { FeatureView } from '../sdk/feature-view.js'
import { type ApiClientOptions, apiClient } from './api-client.js'

/** Keys of one row by name. */
export type FeatureKeys = OnlineRequest['keys'][number]

/** What a row of a view is as JSON has it: moments are texts, NaN and the infinities too. */
type AsJson<Value> = Value extends Date
  ? string
  : Value extends number
    ? number | 'NaN' | 'Infinity' | '-Infinity'
    : Value

/** A row of a view by key. */
export interface ViewRow<Values> {
  readonly keys: FeatureKeys
  readonly values: { readonly [Name in keyof Values]: AsJson<Values[Name]> | null }
  readonly statuses: { readonly [Name in keyof Values]: FeatureStatus }
  /** Null where there is nothing of the key. */
  readonly eventTime: Date | null
  readonly ageSeconds: number | null
}

export interface PushedRows {
  readonly rows: readonly FeatureKeys[]
  /** `online` by default. */
  readonly to?: PushRequest['to']
}

/** Features by key. Throws the error that the server answered, or `server_not_running`. */
export interface FeatureClient {
  /** Features of a service or of some views, a row for each of 1 to 1000 keys, in their order. */
  online(project: string, request: OnlineRequest): Promise<OnlineReply>
  /** All of a view that is declared, with its types. */
  onlineView<Values>(
    project: string,
    view: Pick<FeatureView<Values>, 'definition' | 'values'>,
    keys: readonly FeatureKeys[],
  ): Promise<readonly ViewRow<Values>[]>
  /** Sends rows: to the online store, where only newer ones take the place of others, to the data set of the view, or to both. */
  push(project: string, view: string, rows: readonly FeatureKeys[] | PushedRows): Promise<PushReply>
}

/** A client of features by key. */
export function featureClient(options: ApiClientOptions): FeatureClient {
  const client = apiClient(options)
  // The schemas of all routes are made when the first call is.
  const routesOf = async () => (await import('@fabrique/contract')).routes
  const online: FeatureClient['online'] = async (project, body) =>
    client.call((await routesOf()).getOnlineFeatures, { params: { project }, body })
  return {
    online,
    async onlineView(project, { definition }, keys) {
      const { features, rows } = await online(project, { features: [definition.name], keys: [...keys] })
      return rows.map((row) => {
        const [eventTime = null] = row.event_times
        const named = (of: readonly unknown[]) =>
          Object.fromEntries(features.map(({ name }, place) => [name, of[place]]))
        return viewRow({
          keys: row.keys,
          values: named(row.values),
          statuses: named(row.statuses),
          eventTime: eventTime === null ? null : new Date(eventTime),
          ageSeconds: row.age_seconds[0] ?? null,
        })
      })
    },
    async push(project, view, sent) {
      const { pushFeatures } = await routesOf()
      const { rows, to = 'online' } = 'rows' in sent ? sent : { rows: sent }
      return client.call(pushFeatures, { params: { project, view }, body: { rows: [...rows], to } })
    },
  }
}

/** The server holds the view as it is declared: its values have the types of the columns. */
function viewRow<Values>(
  row: Omit<ViewRow<unknown>, 'values' | 'statuses'> & { values: object; statuses: object },
): ViewRow<Values> {
  return row as ViewRow<Values>
}
