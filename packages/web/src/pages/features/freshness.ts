import type { FeatureView } from '@fabrique/contract'

/** How fresh the values of a view are online; `at` is the moment that matters then. */
export type Freshness =
  | { readonly state: 'off' | 'missing' | 'empty' }
  | { readonly state: 'newest' | 'stale'; readonly at: string }

/** A view is stale where even its newest value is older than its time-to-live; then every answer is `OUTSIDE_MAX_AGE`. */
export function freshnessOf({ definition, materialized }: FeatureView, now: number): Freshness {
  if (!definition.online) return { state: 'off' }
  if (materialized === undefined) return { state: 'missing' }
  const { newest_event: at } = materialized
  if (at === undefined) return { state: 'empty' }
  const { ttl_seconds: ttl } = definition
  return { state: ttl !== null && now - Date.parse(at) > ttl * 1000 ? 'stale' : 'newest', at }
}
