import type { OnlineReply } from '@fabrique/contract'
import { readValue } from './found-row.js'
import { type KeyRow, momentText, type OnlineFound } from './online-features.js'

/** Row by row, in the order of the keys, as our own API has it. */
export function onlineReply(found: OnlineFound, rows: readonly KeyRow[]): OnlineReply {
  return JSON.parse(onlineReplyText(found, rows)) as OnlineReply
}

/** The same as JSON: values are handed on as they are stored, which takes less than to read and write them, and leaves 1.0 as it is. */
export function onlineReplyText({ plan, views }: OnlineFound, rows: readonly KeyRow[]): string {
  const times = views.map((found) => found.map((row) => (row === undefined ? 'null' : `"${momentText(row.eventUs)}"`)))
  const features = plan.features.map(({ name, view }) => {
    const { name: of = '', version = 0 } = plan.views[view] ?? {}
    return { name, view: of, version }
  })
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
    const named = JSON.stringify(Object.fromEntries(plan.keyNames.map((name) => [name, keys[name]])))
    return `{"keys":${named},"values":[${values.join()}],"statuses":["${statuses.join('","')}"],"event_times":[${moments.join()}],"age_seconds":[${ages.join()}]}`
  })
  return `{"features":${JSON.stringify(features)},"rows":[${texts.join()}]}`
}
