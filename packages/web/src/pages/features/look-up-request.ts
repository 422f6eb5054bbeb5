import type { FeatureService, FeatureView, OnlineReply } from '@fabrique/contract'
import type { OnlineQuestion } from './feature-queries.js'

export type Keys = OnlineReply['rows'][number]['keys']
type KeyValue = Keys[string]

/** Whose features are looked up. */
export interface Target {
  readonly kind: 'view' | 'service'
  readonly name: string
}

/** A key to fill in; without a type any text is one. */
export interface KeyField {
  readonly name: string
  readonly type?: string | undefined
}

/** Reads `view:usage_30d` or `service:churn` of an address. */
export function readTarget(text: string | undefined): Target | undefined {
  const [, kind, name] = /^(view|service):(.+)$/.exec(text ?? '') ?? []
  return name === undefined ? undefined : { kind: kind === 'view' ? 'view' : 'service', name }
}

export const writeTarget = ({ kind, name }: Target): string => `${kind}:${name}`

/** The keys that have to be known for a target, each once. */
export function keyFields(
  { kind, name }: Target,
  views: readonly Pick<FeatureView, 'name' | 'keys'>[],
  services: readonly Pick<FeatureService, 'name' | 'views'>[],
): readonly KeyField[] {
  const service = services.find((one) => one.name === name)
  const names = kind === 'view' ? [name] : (service?.views.map(({ view }) => view) ?? [])
  const fields = new Map<string, KeyField>()
  for (const view of views) {
    if (!names.includes(view.name)) continue
    for (const key of view.keys) if (!fields.has(key.name)) fields.set(key.name, key)
  }
  return [...fields.values()]
}

/** The values of an address, where they are some. */
export function readKeys(text: string | undefined): Keys | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const entries = Object.entries(value).filter((entry): entry is [string, KeyValue] => isKeyValue(entry[1]))
    return entries.length === 0 ? undefined : Object.fromEntries(entries)
  } catch {
    return undefined
  }
}

const isKeyValue = (value: unknown): value is KeyValue =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

export type KeyProblem = 'needed' | 'wholeNumber' | 'yesNo'

/**
 * What was typed as a value of a key, or what is wrong with it. Whole numbers beyond those of JavaScript stay text, which the server reads
 * exactly. Spaces count in a text.
 */
export function parseKey(
  text: string,
  type: string | undefined,
): { readonly value: string | number | boolean } | { readonly problem: KeyProblem } {
  if (text === '') return { problem: 'needed' }
  const trimmed = text.trim()
  if (type === 'integer') {
    if (!/^(0|-?[1-9]\d*)$/.test(trimmed)) return { problem: 'wholeNumber' }
    const value = Number(trimmed)
    return { value: Number.isSafeInteger(value) ? value : trimmed }
  }
  if (type === 'boolean') {
    if (trimmed !== 'true' && trimmed !== 'false') return { problem: 'yesNo' }
    return { value: trimmed === 'true' }
  }
  return { value: text }
}

/** Keys for people, as user_id 1. */
export function keyText(keys: Keys): string {
  return Object.entries(keys)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

/** The question to the server. */
export function questionOf({ kind, name }: Target, keys: Keys): OnlineQuestion {
  return { ...(kind === 'view' ? { features: [name] } : { service: name }), keys: [keys] }
}

const two = (value: number) => String(value).padStart(2, '0')

/** A moment as `datetime-local` fields have it, in the zone of the reader. */
export function localMoment(at: Date): string {
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** What such a field holds, in UTC; undefined where it is no moment. */
export function utcMoment(local: string): string | undefined {
  const at = new Date(local)
  return local === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}
