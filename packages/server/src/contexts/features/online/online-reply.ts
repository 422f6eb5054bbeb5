import type { OnlineReply } from '@fabrique/contract'
import { readValue } from './found-row.js'
import { type KeyRow, momentText, type OnlineFound } from './online-features.js'
import type { ReadPlan } from './read-plan.js'
import { valueOfJson } from './steps.js'

/** Row by row, in the order of the keys, as our own API has it. */
export function onlineReply({ plan, views }: OnlineFound, rows: readonly KeyRow[]): OnlineReply {
  const times = views.map((found) => found.map((row) => (row === undefined ? null : momentText(row.eventUs))))
  return {
    features: featuresOf(plan),
    rows: rows.map((keys, place) => {
      const row: OnlineReply['rows'][number] = {
        keys: namedKeys(plan, keys),
        values: [],
        statuses: [],
        event_times: [],
        age_seconds: [],
      }
      for (const { view, value: at } of plan.features) {
        const found = views[view]?.[place]
        const { value, status } = readValue(found, at)
        row.values.push(valueOfJson(value))
        row.statuses.push(status)
        row.event_times.push(times[view]?.[place] ?? null)
        row.age_seconds.push(found === undefined ? null : found.ageUs / 1_000_000)
      }
      return row
    }),
  }
}

/** The features of a plan, made once: there are thousands of replies to one. */
const featuresOfPlans = new WeakMap<ReadPlan, OnlineReply['features']>()

function featuresOf(plan: ReadPlan): OnlineReply['features'] {
  const known = featuresOfPlans.get(plan)
  if (known !== undefined) return known
  const features = plan.features.map(({ name, view }) => {
    const { name: of = '', version = 0 } = plan.views[view] ?? {}
    return { name, view: of, version }
  })
  featuresOfPlans.set(plan, features)
  return features
}

function namedKeys({ keyNames }: ReadPlan, keys: KeyRow): OnlineReply['rows'][number]['keys'] {
  return Object.fromEntries(keyNames.map((name) => [name, keys[name]])) as OnlineReply['rows'][number]['keys']
}

/** The same as JSON: values are handed on as they are stored, which takes less than to read and write them, and leaves 1.0 as it is. */
export function onlineReplyText({ plan, views }: OnlineFound, rows: readonly KeyRow[]): string {
  const times = views.map((found) => found.map((row) => (row === undefined ? 'null' : `"${momentText(row.eventUs)}"`)))
  const texts = rows.map((keys, place) => {
    const values: string[] = []
    const statuses: string[] = []
    const moments: string[] = []
    const ages: string[] = []
    for (const { view, value: at } of plan.features) {
      const found = views[view]?.[place]
      const { value, status } = readValue(found, at)
      values.push(value)
      statuses.push(status)
      moments.push(times[view]?.[place] ?? 'null')
      ages.push(found === undefined ? 'null' : String(found.ageUs / 1_000_000))
    }
    const named = JSON.stringify(namedKeys(plan, keys))
    return `{"keys":${named},"values":[${values.join()}],"statuses":["${statuses.join('","')}"],"event_times":[${moments.join()}],"age_seconds":[${ages.join()}]}`
  })
  return `{"features":${JSON.stringify(featuresOf(plan))},"rows":[${texts.join()}]}`
}
