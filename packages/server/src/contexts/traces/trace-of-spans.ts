import type { Json, TraceState } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { cutText, spansInStore, storable, traceMetadata, traceTags } from './model.js'
import { previewOf } from './preview.js'
import { spanAttributes } from './span-conventions.js'
import type { ReadSpan } from './span-row.js'

/** What the spans of one export say of their trace. */
export interface TraceOfSpans {
  readonly id: string
  readonly request_ms: number
  readonly end_ms: number | null
  /** Null while no root has come. */
  readonly state: TraceState | null
  readonly name: string | null
  readonly request_preview: string | null
  readonly response_preview: string | null
  /** Set where the trace has none of its own. */
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

function toMs(digits: string): number {
  return Number(BigInt(digits) / 1_000_000n)
}

const asText = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))

/** A tag or metadata value as it is stored, or undefined for a key that cannot be one. */
function pair(key: string, value: Json): readonly (readonly [string, string])[] {
  if (key === '' || key.length > limit('mlflow.key_chars_max')) return []
  return [[storable(key), storable(cutText(asText(value), limit('mlflow.tag_value_chars_max')))]]
}

/** Reads the attributes of spans of one trace. */
export function traceOfSpans(id: string, spans: readonly ReadSpan[], artifactLocation: string): TraceOfSpans {
  const root = spans.find(({ row }) => row.parent_span_id === null)
  const starts = spans.map(({ row }) => toMs(row.start_ns))
  const ends = spans.flatMap(({ row }) => (row.end_ns === null ? [] : [toMs(row.end_ns)]))
  const first = (...keys: readonly string[]): Json | undefined => {
    for (const { attributes } of spans) {
      for (const key of keys) if (Object.hasOwn(attributes, key) && attributes[key] !== '') return attributes[key]
    }
    return undefined
  }
  const session = first('session.id', 'gen_ai.conversation.id')
  const user = first('user.id')
  const userTags = Object.entries(root?.attributes ?? {}).flatMap(([key, value]) =>
    key.startsWith(spanAttributes.tagPrefix) ? pair(key.slice(spanAttributes.tagPrefix.length), value) : [],
  )
  const tags: Readonly<Record<string, string>> = Object.fromEntries(userTags.slice(0, limit('traces.tags_max')))
  const rootName = tags[traceTags.name] ?? root?.row.name ?? null
  return {
    id,
    request_ms: min(starts),
    end_ms: ends.length === 0 ? null : max(ends),
    state: root === undefined ? null : root.row.status === 'ERROR' ? 'ERROR' : 'OK',
    name: rootName === null ? null : storable(cutText(rootName, limit('mlflow.key_chars_max'))),
    request_preview: clean(previewOf(root?.attributes[spanAttributes.inputs], 'user')),
    response_preview: clean(previewOf(root?.attributes[spanAttributes.outputs], 'assistant')),
    metadata: Object.fromEntries([
      ...(session === undefined ? [] : pair(traceMetadata.session, session)),
      ...(user === undefined ? [] : pair(traceMetadata.user, user)),
    ]),
    tags: {
      ...resourceTags(spans),
      ...tags,
      ...(rootName === null ? {} : { [traceTags.name]: storable(cutText(rootName, limit('mlflow.key_chars_max'))) }),
      [traceTags.artifactLocation]: artifactLocation,
      [traceTags.spansLocation]: spansInStore,
    },
  }
}

/** What the program that sent the spans says of itself, as `service.name`; not what only its library says. */
function resourceTags(spans: readonly ReadSpan[]): Readonly<Record<string, string>> {
  const resource = spans.find((span) => Object.keys(span.resource).length > 0)?.resource ?? {}
  const entries = Object.entries(resource)
    .filter(([key]) => !key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.'))
    .flatMap(([key, value]) => pair(key, value))
  return Object.fromEntries(entries.slice(0, limit('traces.tags_max')))
}

const clean = (text: string | null) => (text === null ? null : storable(text))
const min = (numbers: readonly number[]) => numbers.reduce((least, number) => Math.min(least, number))
const max = (numbers: readonly number[]) => numbers.reduce((most, number) => Math.max(most, number))
