import type { EntityDefinition } from '@fabrique/contract'

/** What people say about something that is declared of features. */
export interface AboutFeatures {
  readonly description?: string
  /** Who answers for it, as a team or an address. */
  readonly owner?: string
  readonly tags?: Readonly<Record<string, string>>
}

/** The type of a key: others would not be equal to themselves everywhere. */
export type KeyType = 'text' | 'integer' | 'boolean'

export interface EntityOptions extends AboutFeatures {
  /** A name, several, or names with their types; the types are those of the data by default. */
  readonly key: string | readonly string[] | Readonly<Record<string, KeyType>>
}

/** What features are about. */
export interface Entity {
  readonly kind: 'entity'
  readonly definition: EntityDefinition
}

/** Declares what features are about, as a user: its keys tell one from another. */
export function entity(name: string, options: EntityOptions): Entity {
  const { key, ...about } = options
  return { kind: 'entity', definition: { name, keys: keysOf(key), ...aboutOf(about) } }
}

function keysOf(key: EntityOptions['key']): EntityDefinition['keys'] {
  if (typeof key === 'string') return [{ name: key }]
  if (isList(key)) return key.map((name) => ({ name }))
  return Object.entries(key).map(([name, type]) => ({ name, type }))
}

const isList = (key: readonly string[] | Readonly<Record<string, KeyType>>): key is readonly string[] =>
  Array.isArray(key)

/** As it is stored. */
export function aboutOf({ description, owner, tags = {} }: AboutFeatures) {
  return {
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    tags: { ...tags },
  }
}
