import type { OnlineReply } from '@fabrique/contract'
import { readValue } from './found-row.js'
import { type KeyRow, momentText, type OnlineFound } from './online-features.js'

type ReplyRow = OnlineReply['rows'][number]

/** Row by row, in the order of the keys, as our own API has it. */
export function onlineReply({ plan, views }: OnlineFound, rows: readonly KeyRow[]): OnlineReply {
  const times = views.map((found) => found.map((row) => (row === undefined ? null : momentText(row.eventUs))))
  return {
    features: plan.features.map(({ name, view }) => {
      const { name: of = '', version = 0 } = plan.views[view] ?? {}
      return { name, view: of, version }
    }),
    rows: rows.map((keys, place) => {
      const values: ReplyRow['values'] = []
      const statuses: ReplyRow['statuses'] = []
      const event_times: ReplyRow['event_times'] = []
      const age_seconds: ReplyRow['age_seconds'] = []
      for (const { view, value: at } of plan.features) {
        const found = views[view]?.[place]
        const { value, status } = readValue(found, at)
        values.push(jsonOf(value))
        statuses.push(status)
        event_times.push(times[view]?.[place] ?? null)
        age_seconds.push(found === undefined ? null : found.ageUs / 1_000_000)
      }
      return { keys: usedKeys(keys, plan.keyNames), values, statuses, event_times, age_seconds }
    }),
  }
}

/** An online value is JSON: the types differ in what may be changed. */
function jsonOf(value: unknown): ReplyRow['values'][number] {
  return value as ReplyRow['values'][number]
}

/** Their types were checked when they were read. */
function usedKeys(row: KeyRow, names: readonly string[]): ReplyRow['keys'] {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as ReplyRow['keys']
}
