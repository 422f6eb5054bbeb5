import type { Json } from './common.js'
import type { ModelSignature } from './model.js'

/** A prediction request that a model answers, for people to try: by key where it looks its features up, otherwise by value. */
export function exampleRequest({
  features,
  example,
  feature_lookup: lookup,
}: ModelSignature): Readonly<Record<string, Json>> {
  if (lookup?.example === undefined) return { features: features.map(({ name }) => example[name] ?? null) }
  const given = features.filter(({ name }) => !lookup.features.includes(name) && !lookup.keys.includes(name))
  return { ...lookup.example, ...Object.fromEntries(given.map(({ name }) => [name, example[name] ?? null])) }
}
